module "resources" {
  source = "./resources"

  environment = local.values.environment
  region      = local.values.region
  account_ids = local.values.account_ids
  run         = local.run

  release                  = try(jsondecode(file("${local.folder}/releases.json"))[local.stack], null)
  traffic                  = local.values.traffic
  canary                   = local.values.canary
  log_retention_days       = local.values.log_retention_days
  reserved_concurrency     = local.values.reserved_concurrency
  throttle_rate_per_second = local.values.throttle_rate_per_second
  throttle_burst           = local.values.throttle_burst
  silence_hours            = try(local.values.silence_hours, null)
  alarm_thresholds         = local.values.alarm_thresholds
}

output "webhook_url" {
  description = "URL for the helpdesk's HTTP Target."
  value       = module.resources.webhook_url
}
