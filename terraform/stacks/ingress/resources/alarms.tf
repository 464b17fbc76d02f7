variable "alarm_thresholds" {
  description = "When the alarms fire: errors_per_minute in errors a minute, ack_latency_p99_ms in milliseconds (p99), auth_failures_per_minute in failures a minute. All 0 to 60000."
  type = object({
    errors_per_minute        = number
    ack_latency_p99_ms       = number
    auth_failures_per_minute = number
  })
  nullable = false

  validation {
    condition     = alltrue([for threshold in values(var.alarm_thresholds) : threshold >= 0 && threshold <= 60000])
    error_message = "alarm_thresholds must be 0 to 60000."
  }
}

variable "silence_hours" {
  description = "Full hours, 2 to 12, without a webhook after which silence pages while the shop is open (`shop` in the worker's policy: time zone, hours, days off). Null where nobody writes (dev, staging)."
  type        = number
  default     = null

  validation {
    condition     = var.silence_hours == null || try(var.silence_hours >= 2 && var.silence_hours <= 12 && floor(var.silence_hours) == var.silence_hours, false)
    error_message = "silence_hours must be a whole number from 2 to 12, or null."
  }
}

locals {
  # The rows of config/alarms.yaml with the names of this stack in them.
  alarm_rows = yamldecode(templatefile("${path.module}/../../../../config/alarms.yaml", {
    env      = var.environment
    service  = local.service
    function = local.settings.name
    queue    = ""
    dlq      = ""
  }))
}

module "alarms" {
  source = "../../../modules/alarms"

  name_prefix    = "${local.prefix}-ingress"
  topic_arn      = module.inputs.alarm_topic_arn
  page_topic_arn = module.inputs.page_topic_arn
  alarms         = merge(local.alarm_rows.every_function, local.alarm_rows.ingress, { for key, row in local.alarm_rows.ingress_silence : key => row if var.silence_hours != null })
  numbers        = merge(var.alarm_thresholds, { silence_hours = coalesce(var.silence_hours, 2) })
  references     = { api_id = module.webhook_api.api_id }
}
