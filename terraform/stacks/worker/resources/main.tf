module "inputs" {
  source = "../../../modules/function_inputs"

  topology            = local.topology
  function            = local.service
  prefix              = local.prefix
  audit_trail_enabled = var.audit_trail_enabled
  maximum_concurrency = var.maximum_concurrency
  table_ttl_days      = var.table_ttl_days
  vendors = {
    "vendor.richpanel.base_url"  = var.richpanel_base_url
    "vendor.richpanel.author_id" = var.richpanel_author_id
    "vendor.openai.base_url"     = var.openai_base_url
  }
}

locals {
  service  = "worker"
  settings = local.topology.functions[local.service]
  function_environment = merge(
    module.inputs.environment,
    { SWEEP_INTERVAL_SECONDS = tostring(var.sweep_interval_minutes * 60) },
    var.read_back.one_in == 1 ? {} : { READ_BACK_ONE_IN = tostring(var.read_back.one_in) },
    var.read_back.rating_field == "" ? {} : { RICHPANEL_RATING_FIELD = var.read_back.rating_field },
  )
}

module "service" {
  source = "../../../modules/service"

  name                 = local.settings.name
  description          = "Routes tickets and answers them where the answer is provably right."
  release_version      = var.release.version
  handler              = local.settings.handler
  memory_mb            = local.settings.memory_mb
  timeout_seconds      = local.settings.timeout_seconds
  snap_start           = try(local.settings.snap_start, false)
  environment          = local.function_environment
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
    maximum_concurrency = var.maximum_concurrency
  }
}
