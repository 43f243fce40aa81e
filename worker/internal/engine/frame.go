package engine

import (
	"strconv"
	"strings"
)

// Frame is one line of a stack.
type Frame struct {
	Function string // empty at the top level of a script or module
	File     string // "native" within built-ins and host functions
	Line     int    // from 1; 0 where there is none
	Column   int    // from 1; 0 where there is none
}

// maxFrames bounds what is read of a stack: endless recursion has thousands, all alike.
const maxFrames = 50

// parseStack reads the engine's lines, "    at function (file:line:column)" and
// "    at file:line:column", and drops every other.
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

// parsePlace reads from the end: file names may hold colons.
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

func cutNumber(s string) (before string, n int, ok bool) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return s, 0, false
	}
	n, err := strconv.Atoi(s[i+1:])
	return s[:i], n, err == nil
}

// Frames reads the text of a stack, as the stack of an Error has it.
func Frames(stack string) []Frame { return parseStack(stack) }
