package process

import (
	"encoding/binary"
	"fmt"
	"io"
)

const (
	readSize = 256 << 10 // bytes that are read at once, unless a frame is larger

	// maxFrame bounds a frame of a child. It is far above the limits of messages and bodies.
	maxFrame = 1 << 30
)

// frame is a frame of a child.
type frame struct {
	kind    frameKind
	content []byte // in the memory of the batch
}

// frameBatch is what one read has brought: complete frames, in memory that is used again for another batch.
type frameBatch struct {
	frames []frame
	memory []byte
}

// reset prepares the batch for the frames of b, and frees memory that was unusually large.
func (t *frameBatch) reset(b []byte) {
	clear(t.frames)
	if t.frames = t.frames[:0]; cap(t.memory) > readSize {
		t.memory = nil
	}
	t.memory = append(t.memory[:0], b...)
}

// incoming splits what a child sends into frames.
type incoming struct {
	r      io.Reader
	buffer []byte
	have   int // bytes of buffer that are not part of a frame yet
}

// next blocks until there are complete frames and puts them into t. The error, after the last frame, is that of the pipe or an errFrame.
func (in *incoming) next(t *frameBatch) error {
	var ended error
	for {
		if err := in.split(t); err != nil || len(t.frames) > 0 {
			return err
		}
		if ended != nil {
			return ended
		}
		if in.have == len(in.buffer) {
			in.grow()
		}
		n, err := in.r.Read(in.buffer[in.have:])
		in.have += n
		ended = err
	}
}

// grow makes room for a frame that is larger than the buffer. The buffer doubles, so a length that a child only announces
// allocates nothing.
func (in *incoming) grow() {
	larger := make([]byte, max(readSize, 2*len(in.buffer)))
	copy(larger, in.buffer[:in.have])
	in.buffer = larger
}

// split moves the complete frames from the buffer to t.
func (in *incoming) split(t *frameBatch) error {
	complete, err := completeFrames(in.buffer[:in.have])
	t.reset(in.buffer[:complete])
	if err != nil {
		return err
	}
	for rest := t.memory; len(rest) > 0; {
		end := frameHead + int(binary.LittleEndian.Uint32(rest))
		t.frames = append(t.frames, frame{frameKind(rest[frameHead]), rest[frameHead+1 : end : end]})
		rest = rest[end:]
	}
	in.have = copy(in.buffer, in.buffer[complete:in.have])
	if in.have == 0 && len(in.buffer) > maxSpare {
		in.buffer = nil
	}
	return nil
}

// completeFrames returns the length of the complete frames at the beginning of b. The error means that the first one is invalid.
func completeFrames(b []byte) (n int, err error) {
	for rest := b; len(rest) >= frameHead; rest = b[n:] {
		length := int64(binary.LittleEndian.Uint32(rest))
		if length < 1 || length > maxFrame {
			if n > 0 { // the frames before it are handled first
				break
			}
			return 0, fmt.Errorf("%w: its length is %d", errFrame, length)
		}
		end := frameHead + int(length)
		if len(rest) < end {
			break
		}
		n += end
	}
	return n, nil
}
