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

  validation {
    condition     = alltrue([for key, days in var.table_ttl_days : floor(days) == days && days >= lookup(local.ttl_minimum_days, key, 1) && days <= 365])
    error_message = "table_ttl_days must be whole days up to 365, and at least ${join(", ", [for key, days in local.ttl_minimum_days : "${days} for ${key}"])}: the worker does not start with less."
  }
}

variable "read_back" {
  description = "How closed tickets are read back: one in so many, and the ticket's field that holds a customer's rating from 1 to 5, if there is one."
  type        = object({ one_in = optional(number, 1), rating_field = optional(string, "") })
  default     = {}
  nullable    = false

  validation {
    condition     = floor(var.read_back.one_in) == var.read_back.one_in && var.read_back.one_in >= 1 && var.read_back.one_in <= 100
    error_message = "read_back.one_in must be a whole number from 1 to 100: the worker does not start with another."
  }
}

# The numbers of rp_mw_worker/settings.py; make tf compares them.
locals {
  ttl_minimum_days = { idempotency = 15, conversation_state = 2, audit_trail = 1 }
}
