terraform {
  required_version = ">= 1.11"
}

module "archive" {
  source = "../.."

  name             = "rp-mw-dev-archive-123456789012"
  retention_days   = 30
  reader_role_arns = ["arn:aws:iam::123456789012:role/rp-mw-replay"]
  kms_key_arn      = "arn:aws:kms:us-east-2:123456789012:key/11111111-2222-3333-4444-555555555555"
  table_arn        = "arn:aws:dynamodb:us-east-2:123456789012:table/rp_mw_test_audit_trail"
}
