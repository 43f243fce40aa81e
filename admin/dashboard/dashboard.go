// Package dashboard is the page on which an operator sees a running server: one HTML document with its style, script and icons
// inside, which loads nothing else. It uses the HTTP API of package admin.
package dashboard

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"net/http"
	"regexp"
	"strings"
)

//go:embed page
var sources embed.FS

// scripts are the modules of the page. Each stands after those that it imports.
var scripts = []string{
	"format.js", "dom.js", "api.js", "chart.js", "ui.js", "cluster.js", "overview.js", "connections.js", "conversation.js", "connection.js",
	"channels.js", "application.js", "drain.js", "main.js",
}

// Declarations of modules, as the files of the page write them: at the beginning of a line, with names in braces.
var (
	imported = regexp.MustCompile(`(?m)^import (\{[^}]*\}) from "\./(\w+)\.js";`)
	exported = regexp.MustCompile(`(?m)^export ((?:async )?(?:function|class|const) (\w+))`)
)

// Handler returns a handler that answers every GET request with the page. The page's Content-Security-Policy admits its own
// style and script, by their hashes, and connections to the server from which it came, and nothing else. It also forbids
// the page to make HTML of text, so that what peers have sent cannot become part of it.
func Handler() http.Handler {
	page, policy := assemble()
	compressed := compress(page)
	etag := fmt.Sprintf("W/%q", hash(page)) // the same for both codings
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Type", "text/html; charset=utf-8")
		header.Set("Content-Security-Policy", policy)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("X-Frame-Options", "DENY")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cache-Control", "no-cache")
		header.Set("Etag", etag)
		if r.Header.Get("If-None-Match") == etag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		header.Set("Vary", "Accept-Encoding")
		body := page
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			header.Set("Content-Encoding", "gzip")
			body = compressed
		}
		_, _ = w.Write(body) // the client may have gone
	})
}

// compress returns a text in the gzip format.
func compress(text []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(text) // writing to a buffer cannot fail
	_ = w.Close()
	return b.Bytes()
}

// assemble returns the page and its Content-Security-Policy.
func assemble() (page []byte, policy string) {
	var script strings.Builder
	script.WriteString("const modules = {};\n\n")
	for _, name := range scripts {
		script.WriteString(inline(strings.TrimSuffix(name, ".js"), string(source(name))))
	}
	style, code := "\n"+string(source("style.css")), "\n"+script.String()
	html := bytes.Replace(source("page.html"), []byte("{{style}}"), []byte(style), 1)
	html = bytes.Replace(html, []byte("{{script}}"), []byte(code), 1)
	policy = strings.Join([]string{
		"default-src 'none'",
		"script-src '" + hash([]byte(code)) + "'",
		"style-src '" + hash([]byte(style)) + "'",
		"img-src data:",
		"connect-src 'self'",
		"base-uri 'none'",
		"form-action 'none'",
		"frame-ancestors 'none'",
		"require-trusted-types-for 'script'",
		"trusted-types 'none'",
	}, "; ")
	return html, policy
}

// inline returns a module as a part of one script: a function that is called at once, and whose result has what the module exports.
func inline(name, code string) string {
	var names []string
	for _, found := range exported.FindAllStringSubmatch(code, -1) {
		names = append(names, found[2])
	}
	code = imported.ReplaceAllString(code, "const $1 = modules.$2;")
	code = exported.ReplaceAllString(code, "$1")
	return "modules." + name + " = (() => {\n" + code + "return { " + strings.Join(names, ", ") + " };\n})();\n\n"
}

// source returns an embedded file.
func source(name string) []byte {
	text, _ := sources.ReadFile("page/" + name) // reading embedded files cannot fail; a test finds names of files that do not exist
	return text
}

// hash returns the hash of a text in the form of Content-Security-Policy.
func hash(text []byte) string {
	sum := sha256.Sum256(text)
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}
