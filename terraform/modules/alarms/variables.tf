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
  description = "ARN of the SNS topic that hears every alarm, by mail."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:sns:", var.topic_arn))
    error_message = "topic_arn must be the ARN of an SNS topic: an alarm that nobody hears is none."
  }
}

variable "page_topic_arn" {
  description = "ARN of the SNS topic that wakes somebody: once for an incident."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:sns:", var.page_topic_arn)) && var.page_topic_arn != var.topic_arn
    error_message = "page_topic_arn must be the ARN of an SNS topic, and not the one that hears every alarm."
  }
}

variable "numbers" {
  description = "Numbers that alarms name instead of giving them, such as { errors_per_minute = 0 }."
  type        = map(number)
  default     = {}
  nullable    = false
}

variable "references" {
  description = "Values of dimensions that are known to the stack only, by what alarms write in their place, such as { api_id = \"a1b2c3\" }."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "alarms" {
  description = <<-EOT
    Alarms by short name, as config/alarms.yaml has them. severity page wakes somebody, once for all alarms of one `incident`; warn is a
    mail, and a condition is heard by nobody: it serves another alarm's `only_when`, and that one is heard only while both fire.
    `promise` is what a firing alarm says is broken, `meaning` what it means, `runbook` the section of docs/runbook.md. `metrics` by id:
    namespace, name, dimensions, statistic, and `expression` is CloudWatch metric math over the ids (null with a single metric).
    threshold, period_seconds and evaluation_periods are numbers or keys of `numbers`. Periods in seconds.
  EOT
  type = map(object({
    promise             = string
    severity            = string
    incident            = optional(string)
    only_when           = optional(string)
    meaning             = string
    runbook             = string
    threshold           = string
    comparison          = optional(string, "GreaterThanThreshold")
    period_seconds      = string
    evaluation_periods  = string
    datapoints_to_alarm = optional(number)
    missing_data        = string
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
    condition     = length(var.alarms) > 0
    error_message = "alarms must hold at least one alarm."
  }

  validation {
    condition     = alltrue([for alarm in values(var.alarms) : contains(["page", "warn", "condition"], alarm.severity)])
    error_message = "severity must be page, warn or condition."
  }

  validation {
    condition     = alltrue([for alarm in values(var.alarms) : (alarm.severity == "page") == can(regex("^[a-z-]+$", alarm.incident))])
    error_message = "An alarm of severity page must name its incident, in lower case, and no other alarm names one."
  }

  validation {
    condition     = alltrue([for alarm in values(var.alarms) : alarm.only_when == null || try(var.alarms[alarm.only_when].severity == "condition", false)])
    error_message = "only_when must name an alarm of severity condition."
  }

  validation {
    condition     = alltrue([for key, alarm in var.alarms : alarm.severity != "condition" || contains([for other in values(var.alarms) : coalesce(other.only_when, "-")], key)])
    error_message = "A condition that no alarm waits for is heard by nobody: name it in an only_when, or give it another severity."
  }

  validation {
    condition     = alltrue(flatten([for alarm in values(var.alarms) : [for value in [alarm.threshold, alarm.period_seconds, alarm.evaluation_periods] : can(tonumber(value)) || can(var.numbers[value])]]))
    error_message = "threshold, period_seconds and evaluation_periods must be numbers or keys of `numbers`."
  }

  # Source: CloudWatch API Reference, PutMetricAlarm: a day at most, seven with periods of an hour or more.
  validation {
    condition     = alltrue([for alarm in values(var.alarms) : try(tonumber(alarm.period_seconds), var.numbers[alarm.period_seconds], 60) * try(tonumber(alarm.evaluation_periods), var.numbers[alarm.evaluation_periods], 1) <= (try(tonumber(alarm.period_seconds), var.numbers[alarm.period_seconds], 60) < 3600 ? 86400 : 604800)])
    error_message = "period_seconds * evaluation_periods must not exceed a day, or seven days with periods of an hour or more."
  }

  validation {
    condition     = alltrue([for alarm in values(var.alarms) : length(alarm.meaning) >= 20 && can(regex("^[a-z0-9-]+$", alarm.runbook))])
    error_message = "Each alarm must say what it means (20 characters or more) and name a section of docs/runbook.md."
  }

  validation {
    condition     = alltrue([for alarm in values(var.alarms) : try(tonumber(alarm.period_seconds), var.numbers[alarm.period_seconds], 60) >= 60 && try(tonumber(alarm.period_seconds), var.numbers[alarm.period_seconds], 60) % 60 == 0])
    error_message = "period_seconds must be a multiple of 60."
  }

  # Source: CloudWatch API Reference, PutMetricAlarm: ten metrics of one alarm at most.
  validation {
    condition     = alltrue([for alarm in values(var.alarms) : length(alarm.metrics) > 0 && length(alarm.metrics) <= 10 && (length(alarm.metrics) == 1 || alarm.expression != null)])
    error_message = "An alarm needs one metric, or several (10 at most) and an expression over them."
  }

  validation {
    condition     = alltrue([for alarm in values(var.alarms) : contains(["notBreaching", "breaching", "ignore", "missing"], alarm.missing_data)])
    error_message = "missing_data must be notBreaching, breaching, ignore or missing."
  }
}
