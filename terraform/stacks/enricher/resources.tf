module "resources" {
  source = "./resources"

  environment = local.values.environment
  region      = local.values.region
  account_ids = local.values.account_ids
  run         = local.run

  release                   = try(jsondecode(file("${local.folder}/releases.json"))[local.stack], null)
  traffic                   = local.values.traffic
  canary                    = local.values.canary
  log_retention_days        = local.values.log_retention_days
  reserved_concurrency      = local.values.reserved_concurrency
  maximum_concurrency       = local.values.maximum_concurrency
  shopify_base_url          = local.values.shopify_base_url
  shopify_order_name_prefix = try(local.values.shopify_order_name_prefix, null)
  shopify_order_name_suffix = try(local.values.shopify_order_name_suffix, null)
  alarm_thresholds          = local.values.alarm_thresholds
}
