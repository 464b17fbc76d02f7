variable "shopify_base_url" {
  description = "Base URL of the shop's admin: https://<shop>.myshopify.com."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^https://[a-z0-9-]+\\.myshopify\\.com$", var.shopify_base_url))
    error_message = "shopify_base_url must read https://<shop>.myshopify.com."
  }

  validation {
    condition     = var.shopify_base_url != "https://example.myshopify.com"
    error_message = "shopify_base_url is still the placeholder: write the shop's address into terraform/environments/${var.environment}/enricher.tfvars."
  }
}

variable "shopify_order_name_prefix" {
  description = "What the shop writes before the number of an order's name (admin, general settings, order ID format), such as EN for EN1001: 1 to 10 letters, digits, #, _ or -; none for nothing."
  type        = string
  default     = "#"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9#_-]{1,10}$", var.shopify_order_name_prefix))
    error_message = "shopify_order_name_prefix must be 1 to 10 letters, digits, #, _ or -, or none."
  }
}

variable "shopify_order_name_suffix" {
  description = "What the shop writes after the number of an order's name, such as -US for 1001-US: 1 to 10 letters, digits, #, _ or -; none for nothing."
  type        = string
  default     = "none"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9#_-]{1,10}$", var.shopify_order_name_suffix))
    error_message = "shopify_order_name_suffix must be 1 to 10 letters, digits, #, _ or -, or none."
  }
}
