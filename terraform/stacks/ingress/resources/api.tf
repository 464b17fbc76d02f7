variable "throttle_rate_per_second" {
  description = "Sustained webhook requests a second the API lets through, 1 to 1000."
  type        = number
  nullable    = false
}

variable "throttle_burst" {
  description = "Webhook requests let through at once above the sustained rate, 1 to 2000."
  type        = number
  nullable    = false
}

module "webhook_api" {
  source = "../../../modules/webhook_api"

  name                     = "${local.prefix}-webhook"
  function_name            = module.service.function_name
  alias_name               = module.service.alias_name
  alias_invoke_arn         = module.service.alias_invoke_arn
  function_timeout_seconds = local.settings.timeout_seconds
  throttle_rate_per_second = var.throttle_rate_per_second
  throttle_burst           = var.throttle_burst
  log_retention_days       = var.log_retention_days
  kms_key_arn              = module.inputs.kms_key_arn
}

output "webhook_url" {
  description = "URL for the helpdesk's HTTP Target."
  value       = module.webhook_api.webhook_url
}
