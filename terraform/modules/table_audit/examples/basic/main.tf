terraform {
  required_version = ">= 1.11"
}

module "table_audit" {
  source = "../.."

  name        = "rp-mw-dev-table-audit"
  bucket_name = "rp-mw-dev-table-audit-123456789012"
  table_arns  = ["arn:aws:dynamodb:us-east-2:123456789012:table/rp_mw_dev_idempotency"]
  kms_key_arn = "arn:aws:kms:us-east-2:123456789012:key/11111111-2222-3333-4444-555555555555"
}
