terraform {
  required_version = ">= 1.11"
}

module "access" {
  source = "../.."

  environment     = "dev"
  prefix          = "rp-mw-dev"
  repository      = "example/rp-mw"
  state_bucket    = "rp-mw-dev-terraform-state"
  artefact_bucket = "rp-mw-dev-artefacts-123456789012"
  kms_key_arn     = "arn:aws:kms:us-east-2:123456789012:key/11111111-2222-3333-4444-555555555555"
}
