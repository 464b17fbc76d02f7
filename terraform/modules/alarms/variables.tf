variable "name_prefix" {
  description = "Prefix of every alarm's name: rp-mw-<env>-<stack>."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^rp-mw-[a-z]+-[a-z]+$", var.name_prefix))
    error_message = "name_prefix must read rp-mw-<env>-<stack> in lower case."
  }
}

variable "topic_arn" {
  description = "ARN of the SNS topic that hears every alarm."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:sns:", var.topic_arn))
    error_message = "topic_arn must be the ARN of an SNS topic: an alarm that nobody hears is none."
  }
}

variable "alarms" {
  description = <<-EOT
    Alarms by short name. severity page is part of the composite alarm, warn is not, and a condition is heard by
    nobody: it serves another alarm's `only_when`, and that one is heard only while both fire. `meaning` says what it
    means when it fires, `runbook` is the section of docs/runbook.md. `metrics` by id: namespace, name, dimensions, statistic, and
    `expression` is CloudWatch metric math over the ids (null with a single metric). Periods in seconds.
  EOT
  type = map(object({
    severity            = string
    only_when           = optional(string)
    meaning             = string
    runbook             = string
    threshold           = number
    comparison          = optional(string, "GreaterThanThreshold")
    period_seconds      = optional(number, 60)
    evaluation_periods  = optional(number, 1)
    datapoints_to_alarm = optional(number)
    missing_data        = optional(string, "notBreaching")
    expression          = optional(string)
    metrics = map(object({
      namespace  = string
      name       = string
      dimensions = map(string)
      statistic  = string
    }))
  }))
  nullable = false

  validation {
    condition     = length(var.alarms) > 0 && anytrue([for alarm in values(var.alarms) : alarm.severity == "page"])
    error_message = "alarms must hold at least one alarm of severity page."
  }

  validation {
    condition     = alltrue([for alarm in values(var.alarms) : contains(["page", "warn", "condition"], alarm.severity)])
    error_message = "severity must be page, warn or condition."
  }

  validation {
    condition     = alltrue([for alarm in values(var.alarms) : alarm.only_when == null || try(var.alarms[alarm.only_when].severity == "condition", false)])
    error_message = "only_when must name an alarm of severity condition."
  }

  validation {
    condition     = alltrue([for key, alarm in var.alarms : alarm.severity != "condition" || contains([for other in values(var.alarms) : coalesce(other.only_when, "-")], key)])
    error_message = "A condition that no alarm waits for is heard by nobody: name it in an only_when, or give it another severity."
  }

  # Source: CloudWatch API Reference, PutMetricAlarm: a day at most, seven with periods of an hour or more.
  validation {
    condition     = alltrue([for alarm in values(var.alarms) : alarm.period_seconds * alarm.evaluation_periods <= (alarm.period_seconds < 3600 ? 86400 : 604800)])
    error_message = "period_seconds * evaluation_periods must not exceed a day, or seven days with periods of an hour or more."
  }

  validation {
    condition     = alltrue([for alarm in values(var.alarms) : length(alarm.meaning) >= 20 && can(regex("^[a-z0-9-]+$", alarm.runbook))])
    error_message = "Each alarm must say what it means (20 characters or more) and name a section of docs/runbook.md."
  }

  validation {
    condition     = alltrue([for alarm in values(var.alarms) : alarm.period_seconds >= 60 && alarm.period_seconds % 60 == 0])
    error_message = "period_seconds must be a multiple of 60."
  }

  validation {
    condition     = alltrue([for alarm in values(var.alarms) : length(alarm.metrics) > 0 && (length(alarm.metrics) == 1 || alarm.expression != null)])
    error_message = "An alarm needs one metric, or several and an expression over them."
  }

  validation {
    condition     = alltrue([for alarm in values(var.alarms) : contains(["notBreaching", "breaching", "ignore", "missing"], alarm.missing_data)])
    error_message = "missing_data must be notBreaching, breaching, ignore or missing."
  }
}
