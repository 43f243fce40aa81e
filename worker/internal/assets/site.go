// Package assets serves the static files of an application, with the rules of Cloudflare Workers for the paths of
// HTML files and for files that do not exist.
package assets

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Options configure a Site.
type Options struct {
	Directory string

	// HTMLHandling is "auto-trailing-slash" (also if it is empty), "force-trailing-slash", "drop-trailing-slash" or "none".
	HTMLHandling string

	// NotFoundHandling is "none" (also if it is empty), "404-page" or "single-page-application".
	NotFoundHandling string

	// ScriptFirst has the paths whose requests the script gets first. An asterisk matches any text, and a path after ! is
	// an exception.
	ScriptFirst []string

	// CacheControl is the Cache-Control of files, "" for defaultCacheControl. The page for files that do not exist has the default.
	CacheControl string

	// Navigations makes NotFoundHandling apply to the requests with which a browser loads a page, before the script gets them.
	Navigations bool
}

// Site is a folder of files. It is safe for concurrent use.
type Site struct {
	opts        Options
	root        *os.Root // does not lead out of the folder
	ignored     ignoreRules
	first, last routes // the requests that the script gets first, and the exceptions
	redirects   redirects
	headers     []headerRule
	warnings    []Warning
}

// Open opens the folder of a site. The error is about an option.
func Open(opts Options) (*Site, error) {
	s := &Site{opts: opts}
	var err error
	if s.first, s.last, err = parseRoutes(opts.ScriptFirst); err != nil {
		return nil, err
	}
	switch {
	case opts.HTMLHandling == "":
		s.opts.HTMLHandling = "auto-trailing-slash"
	case !slices.Contains([]string{"auto-trailing-slash", "force-trailing-slash", "drop-trailing-slash", "none"}, opts.HTMLHandling):
		return nil, fmt.Errorf("HTMLHandling is %q: it must be auto-trailing-slash, force-trailing-slash, drop-trailing-slash or none", opts.HTMLHandling)
	}
	if !slices.Contains([]string{"", "none", "404-page", "single-page-application"}, opts.NotFoundHandling) {
		return nil, fmt.Errorf("NotFoundHandling is %q: it must be none, 404-page or single-page-application", opts.NotFoundHandling)
	}
	if s.root, err = os.OpenRoot(opts.Directory); err != nil {
		return nil, fmt.Errorf("the folder %s cannot be read: %w", opts.Directory, reason(err))
	}
	if err := s.readFiles(); err != nil {
		return nil, errors.Join(err, s.root.Close())
	}
	return s, nil
}

// readFiles reads the files of the folder that configure the site.
func (s *Site) readFiles() (err error) {
	if s.ignored, err = readIgnored(s.root); err != nil {
		return err
	}
	if s.redirects, s.warnings, err = readRedirects(s.root, s.opts.HTMLHandling); err != nil {
		return err
	}
	var warnings []Warning
	s.headers, warnings, err = readHeaders(s.root)
	s.warnings = append(s.warnings, warnings...)
	return err
}

// Warnings returns the warnings about _redirects and _headers.
func (s *Site) Warnings() []Warning { return s.warnings }

// reason returns an error without the name of the operation and the path.
func reason(err error) error {
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		return failed.Err
	}
	return err
}

// Close closes the folder. Files that are being sent are not affected.
func (s *Site) Close() error { return s.root.Close() }

// Before returns the handler of a request that the script does not get, nil for all others.
func (s *Site) Before(r *http.Request) http.Handler {
	name := pathOf(r)
	switch {
	case s.last.match(name):
		return s
	case s.first.match(name):
		return nil
	}
	fallback := len(s.first) > 0 || s.opts.Navigations && r.Header.Get("Sec-Fetch-Mode") == "navigate"
	if found := s.targetOf(r, fallback); found != (target{}) {
		return s.handler(found)
	}
	return nil
}

// ServeHTTP answers a request with a file, or with 404.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.handler(s.targetOf(r, true)).ServeHTTP(w, r)
}

// targetOf returns the target of a request. If fallback is set, the rules for files that do not exist apply.
func (s *Site) targetOf(r *http.Request, fallback bool) target {
	status, to, ok := s.redirects.find(r)
	switch {
	case !ok:
		return s.find(pathOf(r), fallback)
	case status != http.StatusOK:
		return target{redirect: to, status: status}
	}
	u, err := url.Parse(to)
	if err != nil {
		return target{status: http.StatusNotFound}
	}
	found := s.find(u.Path, true)
	if found == (target{}) {
		found.status = http.StatusNotFound // the script does not get the request
	}
	return found
}

// pathOf returns the decoded path of a request.
func pathOf(r *http.Request) string {
	if r.URL.Path == "" {
		return "/"
	}
	return r.URL.Path
}

// target is what a path leads to. The zero value is nothing.
type target struct {
	file     string // the path of a file
	redirect string // the path that has the file, if it is another one, or the destination of a rule
	status   int    // the status of a rule, or 404 for the page for files that do not exist; 0 for the default
}

// find returns the target of a path. If fallback is set, the rules for files that do not exist apply.
func (s *Site) find(name string, fallback bool) target {
	if strings.ContainsAny(name, "\x00\\") || !strings.HasPrefix(name, "/") {
		return target{}
	}
	clean := collapse(name)
	found := s.findHTML(clean)
	if found == (target{}) && fallback {
		found = s.findFallback(clean)
	}
	if clean != name && found.file != "" && found.redirect == "" {
		found.redirect, found.status = clean, 0
	}
	if found.redirect != "" {
		found.redirect = (&url.URL{Path: found.redirect}).EscapedPath()
	}
	return found
}

// collapse replaces several slashes in a row by one.
func collapse(name string) string {
	for strings.Contains(name, "//") {
		name = strings.ReplaceAll(name, "//", "/")
	}
	return name
}

// findFallback returns the file for a path that leads to none.
func (s *Site) findFallback(name string) target {
	switch s.opts.NotFoundHandling {
	case "single-page-application":
		if s.exists("/index.html") {
			return target{file: "/index.html"}
		}
	case "404-page":
		for dir := name; dir != ""; {
			dir = dir[:strings.LastIndexByte(dir, '/')]
			if page := dir + "/404.html"; s.exists(page) {
				return target{file: page, status: http.StatusNotFound}
			}
		}
	}
	return target{}
}

// exists reports whether a path is that of a file that is served.
func (s *Site) exists(name string) bool {
	local, ok := localName(name)
	if !ok || s.ignored.match(local) {
		return false
	}
	info, err := s.root.Stat(local)
	return err == nil && info.Mode().IsRegular()
}

// localName returns the name of a file within the folder. It reports false for names that are not served: those that contain .
// or .. as parts, and those of hidden files and folders, except for .well-known (RFC 8615).
func localName(name string) (string, bool) {
	local := strings.TrimPrefix(name, "/")
	if !fs.ValidPath(local) || local == "." {
		return "", false
	}
	for part := range strings.SplitSeq(local, "/") {
		if strings.HasPrefix(part, ".") && part != ".well-known" {
			return "", false
		}
	}
	return local, true
}

// handler returns the handler that answers with a target.
func (s *Site) handler(t target) http.Handler {
	return http.HandlerFunc(func(to http.ResponseWriter, r *http.Request) {
		w := &answerWriter{ResponseWriter: to, request: r, rules: s.headers, notFound: t.status == http.StatusNotFound}
		w.Header().Set("X-Content-Type-Options", "nosniff")
		switch {
		case t.redirect != "":
			w.Header().Set("Location", locationOf(r, t.redirect))
			w.WriteHeader(cmp.Or(t.status, http.StatusTemporaryRedirect))
		case t.file == "":
			w.Header()["Content-Type"] = nil
			w.WriteHeader(http.StatusNotFound)
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Allow", "GET, HEAD")
			w.WriteHeader(http.StatusMethodNotAllowed)
		default:
			s.serveFile(w, r, t)
		}
	})
}

// serveFile sends a file. It answers conditional requests and requests for ranges, except with the page for files that do not
// exist.
func (s *Site) serveFile(w *answerWriter, r *http.Request, t target) {
	local, _ := localName(t.file)
	file, err := s.root.Open(local)
	if err != nil { // it was removed after the search
		http.Error(w, "the file cannot be read", http.StatusNotFound)
		return
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		http.Error(w, "the file cannot be read", http.StatusNotFound)
		return
	}
	header := w.Header()
	header["Content-Type"] = contentType(path.Ext(t.file))
	encoded, coding, varies := s.openEncoded(r, local, info)
	if varies {
		header.Add("Vary", "Accept-Encoding") // RFC 9110, section 12.5.5
	}
	if encoded != nil {
		defer func() { _ = encoded.Close() }()
		if encodedInfo, err := encoded.Stat(); err == nil {
			file, info = encoded, encodedInfo
			header.Set("Content-Encoding", coding)
		}
	}
	header.Set("ETag", etag(info, coding))
	if r.Header.Get("Authorization") == "" && r.Header.Get("Range") == "" {
		header.Set("Cache-Control", s.cacheControl(t))
	}
	if t.status == http.StatusNotFound {
		r = r.Clone(r.Context())
		r.Header.Del("Range")
	}
	w.size = info.Size()
	http.ServeContent(w, r, "", info.ModTime(), file)
}

const defaultCacheControl = "public, max-age=0, must-revalidate"

// cacheControl returns the Cache-Control of the answer with a file.
func (s *Site) cacheControl(t target) string {
	if t.status == http.StatusNotFound {
		return defaultCacheControl
	}
	return cmp.Or(s.opts.CacheControl, defaultCacheControl)
}

// etag returns a strong entity tag, which changes with each change of the file, and differs between content codings (RFC 9110, section
// 8.8.3.3).
func etag(info fs.FileInfo, coding string) string {
	tag := strconv.FormatInt(info.ModTime().UnixNano(), 36) + "-" + strconv.FormatInt(info.Size(), 36)
	if coding != "" {
		tag += "-" + coding
	}
	return `"` + tag + `"`
}

// answerWriter changes the header of an answer when it is written: the fields of rules, the status of the page for files that do not
// exist, and the length of a precompressed file.
type answerWriter struct {
	http.ResponseWriter
	request  *http.Request
	rules    []headerRule
	notFound bool
	size     int64 // the length of the file
}

func (w *answerWriter) WriteHeader(status int) {
	if status == http.StatusOK && w.Header().Get("Content-Encoding") != "" { // ServeContent leaves it out
		w.Header().Set("Content-Length", strconv.FormatInt(w.size, 10))
	}
	if status == http.StatusOK && w.notFound {
		status = http.StatusNotFound
	}
	applyHeaders(w.rules, w.request, w.Header())
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap returns the writer for [http.ResponseController].
func (w *answerWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// ReadFrom implements io.ReaderFrom, with which the system can send a file without copying it to the process.
func (w *answerWriter) ReadFrom(from io.Reader) (int64, error) {
	return io.Copy(w.ResponseWriter, from)
}
