variable "alarm_thresholds" {
  description = "When the alarms fire: errors_per_minute in errors a minute, queue_age_warn_seconds in seconds the oldest message may wait, fallback_percent in percent of decisions, duplicates_per_minute in duplicates a minute, vendor_throttled_percent in percent of calls, vendor_errors_percent in percent of calls, sweep_tickets_per_run in tickets one sweep queues. All 0 to 60000."
  type = object({
    errors_per_minute        = number
    queue_age_warn_seconds   = number
    fallback_percent         = number
    duplicates_per_minute    = number
    vendor_throttled_percent = number
    vendor_errors_percent    = number
    sweep_tickets_per_run    = number
  })
  nullable = false

  validation {
    condition     = alltrue([for threshold in values(var.alarm_thresholds) : threshold >= 0 && threshold <= 60000])
    error_message = "alarm_thresholds must be 0 to 60000."
  }

  validation {
    condition     = try(var.alarm_thresholds.queue_age_warn_seconds >= 60 && var.alarm_thresholds.queue_age_warn_seconds <= local.planned_wait_seconds, false)
    error_message = "alarm_thresholds.queue_age_warn_seconds must be 60 to ${local.planned_wait_seconds}, the age that pages: what all deliveries of a message take."
  }
}

locals {
  consumed = one([for queue in values(local.topology.queues) : queue if queue.consumer == local.service])
  # From the first delivery to the end of the last: what a message may wait that fails on purpose, or whose vendor is down.
  planned_wait_seconds = sum(local.topology.retry_delays_seconds) + (length(local.topology.retry_delays_seconds) + 1) * local.settings.timeout_seconds
}

locals {
  # The rows of config/alarms.yaml with the names of this stack in them.
  alarm_rows = yamldecode(templatefile("${path.module}/../../../../config/alarms.yaml", {
    env      = var.environment
    service  = local.service
    function = local.settings.name
    queue    = local.consumed.name
    dlq      = local.consumed.dlq_name
  }))
}

module "alarms" {
  source = "../../../modules/alarms"

  name_prefix    = "${local.prefix}-worker"
  topic_arn      = module.inputs.alarm_topic_arn
  page_topic_arn = module.inputs.page_topic_arn
  alarms         = merge(local.alarm_rows.every_function, local.alarm_rows.every_consumer, local.alarm_rows.worker)
  numbers        = merge(var.alarm_thresholds, { planned_wait_seconds = local.planned_wait_seconds, two_sweeps_seconds = 2 * 60 * var.sweep_interval_minutes }) # the schedule may start one five minutes late
}
