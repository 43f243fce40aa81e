package linger

import "slices"

// beginnings are what lines of a snapshot often begin with: the scheme, and what most clients send. One byte stands for each of them
// in memory. Those with the same first byte are together, and one that begins with another comes before it. Snapshots that leave
// the process have their lines in full, so the list may change.
var beginnings = [...]string{
	"", // of lines that begin with a byte that stands for a beginning
	"Accept:*/*",
	"Accept-Encoding:gzip, deflate, br, zstd",
	"Accept-Encoding:gzip, deflate, br",
	"Accept-Encoding:gzip, deflate",
	"Accept-Encoding:",
	"Accept-Language:en-US,en;q=",
	"Accept-Language:",
	"Authorization:Bearer ",
	"Authorization:",
	"Cache-Control:no-cache",
	"Connection:Upgrade",
	"Connection:keep-alive, Upgrade",
	"Cookie:",
	"Origin:https://",
	"Origin:http://",
	"Pragma:no-cache",
	"Sec-Fetch-Dest:websocket",
	"Sec-Fetch-Dest:",
	"Sec-Fetch-Mode:websocket",
	"Sec-Fetch-Site:same-origin",
	"Sec-Fetch-Site:same-site",
	"Sec-Fetch-Site:cross-site",
	"Sec-Websocket-Extensions:permessage-deflate; client_max_window_bits",
	"Sec-Websocket-Extensions:permessage-deflate",
	"Sec-Websocket-Extensions:",
	"Sec-Websocket-Key:",
	"Sec-Websocket-Protocol:",
	"Sec-Websocket-Version:13",
	"Upgrade:websocket",
	"User-Agent:Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/",
	"User-Agent:Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:",
	"User-Agent:Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/",
	"User-Agent:Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/",
	"User-Agent:Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/",
	"User-Agent:Mozilla/5.0 (iPhone; CPU iPhone OS ",
	"User-Agent:Mozilla/5.0 (",
	"User-Agent:",
	"X-Forwarded-For:",
	"X-Forwarded-Host:",
	"X-Forwarded-Proto:https",
	"X-Forwarded-Proto:",
	"X-Real-Ip:",
	"https",
	"http",
}

// firstCode is the byte that stands for the first beginning. It is not ASCII, so few lines begin with a byte that stands for one.
const firstCode = 0x80

// firstWith has the index of the first beginning with each first byte; 0 for none.
var firstWith = func() (first [256]int) {
	for i, begin := range slices.Backward(beginnings[1:]) {
		first[begin[0]] = i + 1
	}
	return first
}()

// shorten replaces the beginning of the line that begins at an index of text, and is the last one, by the byte that stands for it.
func shorten(text []byte, at int) []byte {
	line := text[at:]
	if len(line) == 0 {
		return text
	}
	if line[0] >= firstCode {
		return slices.Insert(text, at, firstCode)
	}
	for i := firstWith[line[0]]; i > 0 && i < len(beginnings) && beginnings[i][0] == line[0]; i++ {
		if n := len(beginnings[i]); n <= len(line) && string(line[:n]) == beginnings[i] {
			line[0] = byte(firstCode + i)
			return append(text[:at+1], line[n:]...)
		}
	}
	return text
}

// lengthen returns the beginning and the rest of a line that was shortened.
func lengthen(line string) (begin, rest string) {
	if line == "" || line[0] < firstCode {
		return "", line
	}
	return beginnings[line[0]-firstCode], line[1:]
}
