// Package wrangler reads the configuration files of Cloudflare Workers projects: wrangler.json, wrangler.jsonc and
// wrangler.toml. It converts what such a file asks for to the options of package worker, and reports what Linger does
// not have.
package wrangler
