package assets

import "strings"

// types are the media types of files by their suffixes. The system's own tables are not used, because they differ between
// systems.
var types = map[string]string{
	".aac": "audio/aac", ".apng": "image/apng", ".atom": "application/atom+xml", ".avif": "image/avif", ".bmp": "image/bmp",
	".cjs": "text/javascript", ".css": "text/css", ".csv": "text/csv", ".eot": "application/vnd.ms-fontobject", ".flac": "audio/flac", ".geojson": "application/geo+json",
	".gif": "image/gif", ".glb": "model/gltf-binary", ".gltf": "model/gltf+json", ".gz": "application/gzip", ".htm": "text/html", ".html": "text/html",
	".ico": "image/vnd.microsoft.icon", ".ics": "text/calendar", ".jpeg": "image/jpeg", ".jpg": "image/jpeg", ".js": "text/javascript", ".json": "application/json",
	".jsonld": "application/ld+json", ".jxl": "image/jxl", ".m3u8": "application/vnd.apple.mpegurl", ".m4a": "audio/mp4", ".map": "application/json", ".md": "text/markdown",
	".mjs": "text/javascript", ".mov": "video/quicktime", ".mp3": "audio/mpeg", ".mp4": "video/mp4", ".mpd": "application/dash+xml", ".oga": "audio/ogg", ".ogg": "audio/ogg",
	".ogv": "video/ogg", ".opus": "audio/ogg", ".otf": "font/otf", ".pdf": "application/pdf", ".png": "image/png", ".rss": "application/rss+xml", ".svg": "image/svg+xml",
	".tar": "application/x-tar", ".tif": "image/tiff", ".tiff": "image/tiff", ".ts": "video/mp2t", ".ttf": "font/ttf", ".txt": "text/plain", ".vtt": "text/vtt",
	".wasm": "application/wasm", ".wav": "audio/wav", ".weba": "audio/webm", ".webm": "video/webm", ".webmanifest": "application/manifest+json", ".webp": "image/webp",
	".woff": "font/woff", ".woff2": "font/woff2", ".xhtml": "application/xhtml+xml", ".xml": "application/xml", ".zip": "application/zip",
}

// contentType returns the Content-Type of files with a suffix. Without a known type there is none, and the content is not
// guessed.
func contentType(suffix string) []string {
	kind := types[strings.ToLower(suffix)]
	switch {
	case kind == "":
		return nil
	case strings.HasPrefix(kind, "text/"):
		kind += "; charset=utf-8"
	}
	return []string{kind}
}
