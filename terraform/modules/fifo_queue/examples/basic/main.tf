terraform {
  required_version = ">= 1.11"
}

module "events" {
  source = "../.."

  name                     = "rp-mw-dev-events.fifo"
  dlq_name                 = "rp-mw-dev-events-dlq.fifo"
  consumer_timeout_seconds = 60
  kms_key_arn              = "arn:aws:kms:us-east-2:123456789012:key/11111111-2222-3333-4444-555555555555"
}
