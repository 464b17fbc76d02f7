module "resources" {
  source = "./resources"

  environment = local.values.environment
  region      = local.values.region
  account_ids = local.values.account_ids
  run         = local.run

  release                = try(jsondecode(file("${local.folder}/releases.json"))[local.stack], null)
  traffic                = local.values.traffic
  canary                 = local.values.canary
  log_retention_days     = local.values.log_retention_days
  reserved_concurrency   = local.values.reserved_concurrency
  maximum_concurrency    = local.values.maximum_concurrency
  audit_trail_enabled    = local.values.audit_trail_enabled
  table_ttl_days         = try(local.values.table_ttl_days, null)
  read_back              = try(local.values.read_back, null)
  richpanel_base_url     = local.values.richpanel_base_url
  richpanel_author_id    = local.values.richpanel_author_id
  openai_base_url        = local.values.openai_base_url
  sweep_interval_minutes = local.values.sweep_interval_minutes
  alarm_thresholds       = local.values.alarm_thresholds
}
