variable "name" {
  description = "Name of the dashboard and folder of the saved queries: rp-mw-<env>."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^rp-mw-[a-z]+$", var.name))
    error_message = "name must read rp-mw-<env> in lower case."
  }
}

variable "region" {
  description = "Region the metrics are in."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region must be an AWS region such as us-east-2."
  }
}

variable "rows" {
  description = <<-EOT
    The dashboard's rows from top to bottom, each with a title and its widgets from left to right. A metric is namespace,
    name, dimensions and statistic; `expression` widgets draw CloudWatch metric math over metrics with ids m0, m1, …
  EOT
  type = list(object({
    title = string
    widgets = list(object({
      title      = string
      expression = optional(string)
      metrics = list(object({
        namespace  = string
        name       = string
        dimensions = map(string)
        statistic  = string
      }))
    }))
  }))
  nullable = false

  validation {
    condition     = [for row in var.rows : row.title] == ["System", "Vendors", "Automation", "Quality", "Cost"]
    error_message = "rows must be System, Vendors, Automation, Quality and Cost, in this order."
  }

  validation {
    condition     = alltrue([for row in var.rows : length(row.widgets) >= 1 && length(row.widgets) <= 4])
    error_message = "A row holds 1 to 4 widgets."
  }

  validation {
    condition     = alltrue(flatten([for row in var.rows : [for widget in row.widgets : length(widget.metrics) > 0]]))
    error_message = "A widget must draw at least one metric."
  }
}

variable "queries" {
  description = "Saved Logs Insights queries by name: the log groups they read and the query text."
  type = map(object({
    log_groups = list(string)
    query      = string
  }))
  nullable = false

  validation {
    condition     = alltrue([for query in values(var.queries) : length(query.log_groups) > 0 && length(query.query) > 0])
    error_message = "A query must name its log groups and have a text."
  }
}
