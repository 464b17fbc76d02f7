variable "alarm_emails" {
  description = "Addresses that hear every alarm, page or warning; each confirms its subscription by mail."
  type        = list(string)
  nullable    = false

  validation {
    condition     = alltrue([for address in var.alarm_emails : can(regex("^[^@ ]+@[^@ ]+$", address))])
    error_message = "alarm_emails must be e-mail addresses."
  }

  validation {
    condition     = length(var.alarm_emails) > 0 && !anytrue([for address in var.alarm_emails : endswith(address, "@example.com")])
    error_message = "alarm_emails names nobody who would hear an alarm: write the on-call's address into terraform/environments/${var.environment}/foundation.tfvars."
  }
}

variable "page_emails" {
  description = "Addresses that wake somebody, such as the pager service's own; each confirms its subscription. Null: those of alarm_emails."
  type        = list(string)
  default     = null

  validation {
    condition     = var.page_emails == null || try(length(var.page_emails) > 0 && alltrue([for address in var.page_emails : can(regex("^[^@ ]+@[^@ ]+$", address)) && !endswith(address, "@example.com")]), false)
    error_message = "page_emails must be e-mail addresses that wake somebody, or null."
  }
}

variable "monthly_budget_usd" {
  description = "Budget of the environment in US dollars a month, 1 to 10000; 80 % forecast and 100 % actual are reported."
  type        = number
  nullable    = false

  validation {
    condition     = var.monthly_budget_usd >= 1 && var.monthly_budget_usd <= 10000
    error_message = "monthly_budget_usd must be 1 to 10000."
  }
}

variable "archive_retention_days" {
  description = "Days an export of the audit trail is kept in the optional archive, 1 to 400; null for no archive."
  type        = number
  default     = null
}

variable "archive_reader_role_arns" {
  description = "Roles that may read the archive; needed only with archive_retention_days."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "table_data_events_enabled" {
  description = "Whether CloudTrail records every read and write of the tables (billed per event)."
  type        = bool
  default     = false
  nullable    = false
}

variable "github_repository" {
  description = "GitHub repository whose workflows plan and deploy this environment, as owner/name; null for none."
  type        = string
  default     = null
}

variable "creates_oidc_provider" {
  description = "Whether this environment makes GitHub's identity provider; an account has one, so only its first environment does."
  type        = bool
  default     = true
  nullable    = false
}

variable "promoting_account_ids" {
  description = "Accounts of the environments that releases are promoted to from here; they may read the zips."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for id in var.promoting_account_ids : can(regex("^[0-9]{12}$", id))])
    error_message = "promoting_account_ids must be accounts of 12 digits."
  }
}
