module "access" {
  source = "../../../modules/access"

  environment           = var.environment
  prefix                = local.prefix
  repository            = var.github_repository
  creates_oidc_provider = var.creates_oidc_provider
  state_bucket          = var.run.wanted_bucket
  artefact_bucket       = aws_s3_bucket.artefacts.id
  kms_key_arn           = aws_kms_key.this.arn
}
