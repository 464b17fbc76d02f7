# A shell only: the value is set by a person (docs/deploy.md) and is never in a file, a plan or the state.
resource "aws_secretsmanager_secret" "this" {
  name                    = var.name
  description             = var.description
  kms_key_id              = var.kms_key_arn
  recovery_window_in_days = var.recovery_window_days

  lifecycle {
    prevent_destroy = true
  }
}
