terraform {
  required_version = ">= 1.11"
}

module "webhook" {
  source = "../.."

  name        = "rp-mw/dev/richpanel/webhook"
  description = "JSON: token_current and, while rotating, token_previous."
  kms_key_arn = "arn:aws:kms:us-east-2:123456789012:key/11111111-2222-3333-4444-555555555555"
}
