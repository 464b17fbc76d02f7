locals {
  service  = var.service
  settings = local.topology.functions[local.service]
  consumer = local.settings.consumer_stack
}

locals {
  consumed = one([for queue in values(local.topology.queues) : queue if queue.consumer == local.service])
  # From the first delivery to the end of the last: what a message may wait that fails on purpose, or whose vendor is down.
  planned_wait_seconds = sum(local.topology.retry_delays_seconds) + (length(local.topology.retry_delays_seconds) + 1) * local.settings.timeout_seconds
}

locals {
  # The rows of config/alarms.yaml with the names of this stack in them.
  alarm_rows = yamldecode(templatefile("${path.module}/../../../config/alarms.yaml", {
    env      = var.environment
    service  = local.service
    function = local.settings.name
    queue    = local.consumed.name
    dlq      = local.consumed.dlq_name
  }))
}

module "inputs" {
  source = "../function_inputs"

  topology            = local.topology
  function            = local.service
  prefix              = local.prefix
  audit_trail_enabled = false
  maximum_concurrency = local.consumer.maximum_concurrency
  vendors             = {}
}

module "service" {
  source = "../service"

  name                 = local.settings.name
  description          = local.consumer.description
  release_version      = var.release.version
  handler              = local.settings.handler
  memory_mb            = local.settings.memory_mb
  timeout_seconds      = local.settings.timeout_seconds
  snap_start           = try(local.settings.snap_start, false)
  environment          = module.inputs.environment
  permissions          = module.inputs.permissions
  kms_key_arn          = module.inputs.kms_key_arn
  kms_via_services     = module.inputs.kms_via_services
  log_retention_days   = var.log_retention_days
  reserved_concurrency = var.reserved_concurrency
  package              = local.package
  traffic              = var.traffic
  canary               = var.canary
  deployment_news      = { topic_arn = module.inputs.alarm_topic_arn, events = local.alarm_rows.events["deployment-failed"].codedeploy }

  event_source = {
    queue_arn           = module.inputs.event_queue_arn
    batch_size          = local.settings.batch_size
    maximum_concurrency = local.consumer.maximum_concurrency
  }
}

module "alarms" {
  source = "../alarms"

  name_prefix    = "${local.prefix}-${local.service}"
  topic_arn      = module.inputs.alarm_topic_arn
  page_topic_arn = module.inputs.page_topic_arn
  alarms         = merge(local.alarm_rows.every_function, local.alarm_rows.every_consumer)
  numbers        = { errors_per_minute = 0, queue_age_warn_seconds = 300, planned_wait_seconds = local.planned_wait_seconds }
}
