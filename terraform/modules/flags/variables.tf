variable "path" {
  description = "SSM path of the flags, for example /rp-mw/dev/flags, without a trailing slash."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^/rp-mw/[a-z]+/flags$", var.path))
    error_message = "path must read /rp-mw/<env>/flags."
  }
}

variable "initial_values" {
  description = "Value of each flag at birth. Afterwards the values belong to the on-call: changes made with `rp-mw flags set` are never undone by an apply."
  type        = map(string)
  nullable    = false

  validation {
    condition = toset(keys(var.initial_values)) == toset([
      "safe_mode", "automation_enabled", "automation_enabled_channels", "rollout_stage", "disabled_templates", "classifier",
    ])
    error_message = "initial_values must name exactly the six flags of the product."
  }

  validation {
    condition     = lookup(var.initial_values, "rollout_stage", "") == "shadow" && lookup(var.initial_values, "automation_enabled", "") == "false"
    error_message = "A new environment is born in rollout_stage shadow with automation_enabled false."
  }

  validation {
    condition     = alltrue([for value in values(var.initial_values) : length(value) > 0])
    error_message = "A flag's value must not be empty (SSM refuses it); write none for an empty list."
  }
}
