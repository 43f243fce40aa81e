package engine

import (
	"strconv"
	"strings"
)

// Frame is one line of a stack.
type Frame struct {
	Function string // empty for anonymous functions, and at the top level of a script or module
	File     string // "native" for built-in and host functions
	Line     int    // counted from 1; 0 if there is none
	Column   int    // counted from 1; 0 if there is none
}

// maxFrames bounds the number of frames of an Exception: a stack overflow has thousands.
const maxFrames = 50

// parseStack parses lines of the forms "    at function (file:line:column)" and "    at file:line:column", and skips
// other lines.
func parseStack(stack string) []Frame {
	var frames []Frame
	for line := range strings.Lines(stack) {
		line, ok := strings.CutPrefix(strings.TrimSpace(line), "at ")
		if ok && len(frames) < maxFrames {
			frames = append(frames, parseFrame(line))
		}
	}
	return frames
}

// parseFrame parses a line without "at ".
func parseFrame(line string) (f Frame) {
	place := line
	if name, rest, ok := strings.Cut(line, " ("); ok && strings.HasSuffix(rest, ")") {
		f.Function, place = name, strings.TrimSuffix(rest, ")")
	}
	if f.Function == "<anonymous>" || f.Function == "<eval>" {
		f.Function = ""
	}
	f.File, f.Line, f.Column = parsePlace(place)
	return f
}

// parsePlace parses file:line:column. It begins at the end, because file names may contain colons.
func parsePlace(place string) (file string, line, column int) {
	rest, last, ok := cutNumber(place)
	if !ok {
		return place, 0, 0
	}
	file, first, ok := cutNumber(rest)
	if !ok {
		return rest, last, 0
	}
	return file, first, last
}

// cutNumber splits s before its last colon. It reports false if no number follows that.
func cutNumber(s string) (before string, n int, ok bool) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return s, 0, false
	}
	n, err := strconv.Atoi(s[i+1:])
	return s[:i], n, err == nil
}

// Frames parses the stack of an Error.
func Frames(stack string) []Frame { return parseStack(stack) }
