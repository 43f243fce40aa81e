package assets

import "strings"

// findHTML returns the target of a path whose slashes are single. An HTML file has one canonical path, which depends on
// HTMLHandling; the other paths that name it redirect there:
//
//	                 /a.html    /a/index.html
//	auto             /a         /a/
//	force            /a/        /a/
//	drop             /a         /a
//
// A path never redirects if another file has that path exactly.
func (s *Site) findHTML(name string) target {
	exact := s.exists(name)
	page := isPageName(name)
	if exact && (!strings.HasSuffix(name, ".html") || s.opts.HTMLHandling == "none") {
		return target{file: name}
	}
	if !page {
		if file := s.lookup(name); file != "" {
			return target{file: file}
		}
	}
	for _, file := range s.filesNamedBy(name, exact) {
		to := s.canonical(file)
		if to != name && s.exists(file) && !s.exists(to) && s.lookup(to) == file {
			return target{file: file, redirect: to}
		}
	}
	if file := s.lookup(name); file != "" {
		return target{file: file}
	}
	return target{}
}

// isPageName reports whether a path names an HTML file in a form that is not canonical.
func isPageName(name string) bool {
	return strings.HasSuffix(name, ".html") || strings.HasSuffix(name, "/index")
}

// lookup returns the file that a path leads to without a redirect, "" for none.
func (s *Site) lookup(name string) string {
	folder, isFolder := strings.CutSuffix(name, "/")
	files := []string{name}
	switch {
	case s.opts.HTMLHandling == "none":
	case name == "/", isFolder && s.opts.HTMLHandling == "auto-trailing-slash":
		files = []string{name + "index.html"}
	case isFolder && s.opts.HTMLHandling == "force-trailing-slash":
		files = []string{name + "index.html", folder + ".html"}
	case isFolder:
		return ""
	case s.opts.HTMLHandling == "auto-trailing-slash":
		files = append(files, name+".html")
	case s.opts.HTMLHandling == "drop-trailing-slash":
		files = append(files, name+".html", name+"/index.html")
	}
	for _, file := range files {
		if s.exists(file) {
			return file
		}
	}
	return ""
}

// filesNamedBy returns the HTML files that a path may name in a form that is not canonical, the preferred one first. If the path
// is exactly that of a file, it is the only one.
func (s *Site) filesNamedBy(name string, exact bool) []string {
	if s.opts.HTMLHandling == "none" {
		return nil
	}
	if exact {
		return []string{name}
	}
	base := name
	for _, suffix := range []string{"/index.html", "/index", ".html", "/"} {
		if cut, ok := strings.CutSuffix(name, suffix); ok {
			base = cut
			break
		}
	}
	if base == "" {
		return []string{"/index.html"}
	}
	if strings.HasSuffix(name, "/index") || strings.HasSuffix(name, "/index.html") {
		return []string{base + "/index.html", base + ".html"}
	}
	return []string{base + ".html", base + "/index.html"}
}

// canonical returns the canonical path of an HTML file.
func (s *Site) canonical(file string) string {
	folder, isIndex := strings.CutSuffix(file, "/index.html")
	base := strings.TrimSuffix(file, ".html")
	switch {
	case folder == "" && isIndex:
		return "/"
	case isIndex && s.opts.HTMLHandling == "drop-trailing-slash":
		return folder
	case isIndex:
		return folder + "/"
	case s.opts.HTMLHandling == "force-trailing-slash":
		return base + "/"
	}
	return base
}
