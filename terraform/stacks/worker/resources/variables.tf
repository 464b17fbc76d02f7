variable "audit_trail_enabled" {
  description = "Whether this environment keeps the audit trail; off, the worker writes none and the table stays as it is."
  type        = bool
  nullable    = false
}

variable "richpanel_base_url" {
  description = "Base URL of Richpanel's API."
  type        = string
  nullable    = false

  validation {
    condition     = startswith(var.richpanel_base_url, "https://")
    error_message = "richpanel_base_url must start with https://."
  }
}

variable "richpanel_author_id" {
  description = "Id of the agent in whose name replies are sent (GET /users lists them)."
  type        = string
  nullable    = false

  validation {
    condition     = length(var.richpanel_author_id) > 0
    error_message = "richpanel_author_id must not be empty: without a real agent's id an e-mail reply reaches nobody."
  }

  validation {
    condition     = var.richpanel_author_id != "set-me"
    error_message = "richpanel_author_id is still the placeholder set-me: write the agent's id into terraform/environments/${var.environment}/worker.tfvars (docs/deploy.md says where it is found)."
  }
}

variable "openai_base_url" {
  description = "Base URL of OpenAI's API."
  type        = string
  nullable    = false

  validation {
    condition     = startswith(var.openai_base_url, "https://")
    error_message = "openai_base_url must start with https://."
  }
}

variable "table_ttl_days" {
  description = "Days after which a table's items expire, by the table's key, where not what config/topology.yaml says, such as { conversation_state = 30 }."
  type        = map(number)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for key in keys(var.table_ttl_days) : contains(keys(local.topology.tables), key)])
    error_message = "table_ttl_days names a table that config/topology.yaml does not have."
  }
}
