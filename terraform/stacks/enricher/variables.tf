variable "shopify_base_url" {
  description = "Base URL of the shop's admin: https://<shop>.myshopify.com."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^https://[a-z0-9-]+\\.myshopify\\.com$", var.shopify_base_url))
    error_message = "shopify_base_url must read https://<shop>.myshopify.com."
  }
}
