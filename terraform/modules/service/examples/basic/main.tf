terraform {
  required_version = ">= 1.11"
}

module "worker" {
  source = "../.."

  name            = "rp-mw-dev-worker"
  description     = "Routes tickets and answers them where the answer is provably right."
  release_version = "0.1.0"
  handler         = "rp_mw_worker.handler.handler"
  memory_mb       = 1024
  timeout_seconds = 60

  package = {
    bucket        = "rp-mw-dev-artefacts"
    key           = "worker/0.1.0/e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855.zip"
    sha256_base64 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
  }

  environment = { RP_MW_ENV = "dev" }

  permissions = [{
    sid       = "Consume"
    actions   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility"]
    resources = ["arn:aws:sqs:us-east-2:123456789012:rp-mw-dev-events.fifo"]
  }]

  kms_key_arn          = "arn:aws:kms:us-east-2:123456789012:key/11111111-2222-3333-4444-555555555555"
  kms_via_services     = ["sqs"]
  log_retention_days   = 14
  reserved_concurrency = 10

  event_source = {
    queue_arn           = "arn:aws:sqs:us-east-2:123456789012:rp-mw-dev-events.fifo"
    batch_size          = 10
    maximum_concurrency = 5
  }

  traffic = "canary"
  canary  = { percent = 10, events_per_hour = 60 }

  deployment_news = {
    topic_arn = "arn:aws:sns:us-east-2:123456789012:rp-mw-dev-alarms"
    events    = ["DeploymentFailure", "DeploymentStop"]
  }
}
