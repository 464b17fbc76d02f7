module "resources" {
  source = "./resources"

  environment = local.values.environment
  region      = local.values.region
  account_ids = local.values.account_ids
  run         = local.run

  alarm_emails              = local.values.alarm_emails
  page_emails               = try(local.values.page_emails, null)
  monthly_budget_usd        = local.values.monthly_budget_usd
  archive_retention_days    = try(local.values.archive_retention_days, null)
  archive_reader_role_arns  = try(local.values.archive_reader_role_arns, null)
  table_data_events_enabled = try(local.values.table_data_events_enabled, null)
  github_repository         = try(local.values.github_repository, null)
  creates_oidc_provider     = try(local.values.creates_oidc_provider, null)
  promoting_account_ids     = try(local.values.promoting_account_ids, null)
}

output "artefact_bucket" {
  description = "Bucket that holds the services' zips."
  value       = module.resources.artefact_bucket
}

output "role_arns" {
  description = "Roles of GitHub's workflows: plan and deploy; the repository's variables name them."
  value       = module.resources.role_arns
}

output "person_policy_arns" {
  description = "Policies to attach to the roles of people who look (reader) and who operate (operator)."
  value       = module.resources.person_policy_arns
}
