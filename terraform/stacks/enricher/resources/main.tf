module "inputs" {
  source = "../../../modules/function_inputs"

  topology            = local.topology
  function            = local.service
  prefix              = local.prefix
  audit_trail_enabled = false
  maximum_concurrency = var.maximum_concurrency
  vendors = {
    "vendor.shopify.base_url"          = var.shopify_base_url
    "vendor.shopify.order_name_prefix" = var.shopify_order_name_prefix
    "vendor.shopify.order_name_suffix" = var.shopify_order_name_suffix
  }
}

locals {
  service  = "enricher"
  settings = local.topology.functions[local.service]
}

module "service" {
  source = "../../../modules/service"

  name                 = local.settings.name
  description          = "Looks orders up in Shopify for the worker."
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
    maximum_concurrency = var.maximum_concurrency
  }
}
