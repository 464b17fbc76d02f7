terraform {
  required_version = ">= 1.11"
}

module "audit_trail" {
  source = "../.."

  name          = "rp_mw_dev_audit_trail"
  partition_key = "conversation_id"
  sort_key      = "ts_action_id"
  kms_key_arn   = "arn:aws:kms:us-east-2:123456789012:key/11111111-2222-3333-4444-555555555555"
}
