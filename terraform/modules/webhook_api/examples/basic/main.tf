terraform {
  required_version = ">= 1.11"
}

module "webhook_api" {
  source = "../.."

  name                     = "rp-mw-dev-webhook"
  function_name            = "rp-mw-dev-ingress"
  alias_name               = "live"
  alias_invoke_arn         = "arn:aws:apigateway:us-east-2:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-2:123456789012:function:rp-mw-dev-ingress:live/invocations"
  throttle_rate_per_second = 20
  throttle_burst           = 40
  log_retention_days       = 14
  kms_key_arn              = "arn:aws:kms:us-east-2:123456789012:key/11111111-2222-3333-4444-555555555555"
  function_timeout_seconds = 10
}
