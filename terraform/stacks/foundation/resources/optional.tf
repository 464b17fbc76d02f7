# Off unless the environment's tfvars turn them on; terraform/README.md says what each costs.

module "archive" {
  source = "../../../modules/archive"
  count  = var.archive_retention_days == null ? 0 : 1

  name             = "${local.prefix}-archive-${local.account}"
  retention_days   = var.archive_retention_days
  reader_role_arns = var.archive_reader_role_arns
  kms_key_arn      = aws_kms_key.this.arn
  table_arn        = module.table["audit_trail"].arn
}

module "table_audit" {
  source = "../../../modules/table_audit"
  count  = var.table_data_events_enabled ? 1 : 0

  name        = "${local.prefix}-table-audit"
  bucket_name = "${local.prefix}-table-audit-${local.account}"
  table_arns  = [for table in values(module.table) : table.arn]
  kms_key_arn = aws_kms_key.this.arn
}
