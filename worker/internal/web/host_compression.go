package web

import (
	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/web/compression"
)

// compressions are the compressors and decompressors of a runtime, by their numbers. A script that drops a stream without
// ending it closes them when the stream is collected. Their memory counts towards the memory limit of the runtime.
type compressions struct {
	runtime       *engine.Runtime
	lastNumber    int
	compressors   map[int]*compression.Compressor
	decompressors map[int]*compression.Decompressor
}

// compressionFunctions returns the host functions of the bundle compression.
func (h *host) compressionFunctions() map[string]engine.HostFunc {
	c := &compressions{
		runtime:       h.realm.runtime,
		compressors:   map[int]*compression.Compressor{},
		decompressors: map[int]*compression.Decompressor{},
	}
	c.runtime.OnClose(func() {
		for number := range c.decompressors {
			c.closeNumber(number)
		}
	})
	return map[string]engine.HostFunc{
		"openCompressor":   c.openCompressor,
		"compress":         c.compress,
		"compressEnd":      c.compressEnd,
		"openDecompressor": c.openDecompressor,
		"inflate":          c.inflate,
		"inflateEnd":       c.inflateEnd,
		"inflated":         c.inflated,
		"closeCompression": c.close,
	}
}

// reserve adds memory to that of the runtime and returns a new number.
func (c *compressions) reserve(memory int64) (number int, err error) {
	if !c.runtime.AddMemory(memory) {
		return 0, rangeError("there is no memory for another stream of compressed data: the memory limit of the script is reached")
	}
	c.lastNumber++
	return c.lastNumber, nil
}

// openCompressor(format) returns the number of a new compressor.
func (c *compressions) openCompressor(args []engine.Value) (engine.Value, error) {
	compressor, err := compression.NewCompressor(compression.Format(argument(args, 0).String()))
	if err != nil {
		return engine.Undefined(), err
	}
	number, err := c.reserve(compression.CompressorMemory)
	if err != nil {
		return engine.Undefined(), err
	}
	c.compressors[number] = compressor
	return engine.Int(number), nil
}

// openDecompressor(format) returns the number of a new decompressor.
func (c *compressions) openDecompressor(args []engine.Value) (engine.Value, error) {
	decompressor, err := compression.NewDecompressor(compression.Format(argument(args, 0).String()))
	if err != nil {
		return engine.Undefined(), err
	}
	number, err := c.reserve(compression.DecompressorMemory)
	if err != nil {
		decompressor.Close()
		return engine.Undefined(), err
	}
	c.decompressors[number] = decompressor
	return engine.Int(number), nil
}

// compress(number, bytes) compresses bytes, and returns what is complete, or null for nothing.
func (c *compressions) compress(args []engine.Value) (engine.Value, error) {
	compressor := c.compressors[argument(args, 0).Int()]
	if compressor == nil {
		return engine.Null(), nil
	}
	return partOrNull(compressor.Write(argument(args, 1).Bytes()))
}

// compressEnd(number) returns the rest, and closes the compressor.
func (c *compressions) compressEnd(args []engine.Value) (engine.Value, error) {
	number := argument(args, 0).Int()
	compressor := c.compressors[number]
	if compressor == nil {
		return engine.Null(), nil
	}
	defer c.closeNumber(number)
	return partOrNull(compressor.Close())
}

// inflate(number, bytes) adds compressed bytes. inflated must have returned null before.
func (c *compressions) inflate(args []engine.Value) (engine.Value, error) {
	if decompressor := c.decompressors[argument(args, 0).Int()]; decompressor != nil {
		decompressor.Write(argument(args, 1).Bytes())
	}
	return engine.Undefined(), nil
}

// inflateEnd(number) marks the end of the compressed bytes.
func (c *compressions) inflateEnd(args []engine.Value) (engine.Value, error) {
	if decompressor := c.decompressors[argument(args, 0).Int()]; decompressor != nil {
		decompressor.End()
	}
	return engine.Undefined(), nil
}

// inflated(number) returns the next part of the decompressed bytes, or null if there is none. For invalid data it throws a
// TypeError.
func (c *compressions) inflated(args []engine.Value) (engine.Value, error) {
	decompressor := c.decompressors[argument(args, 0).Int()]
	if decompressor == nil {
		return engine.Null(), nil
	}
	part, err := decompressor.Read()
	if err != nil {
		return engine.Undefined(), typeError("the compressed data cannot be read: " + err.Error())
	}
	return partOrNull(part, nil)
}

// close(number) closes a compressor or decompressor.
func (c *compressions) close(args []engine.Value) (engine.Value, error) {
	c.closeNumber(argument(args, 0).Int())
	return engine.Undefined(), nil
}

func (c *compressions) closeNumber(number int) {
	if c.compressors[number] != nil {
		delete(c.compressors, number)
		c.runtime.AddMemory(-compression.CompressorMemory)
	}
	if decompressor := c.decompressors[number]; decompressor != nil {
		delete(c.decompressors, number)
		decompressor.Close()
		c.runtime.AddMemory(-compression.DecompressorMemory)
	}
}

// partOrNull returns bytes, or null if there are none.
func partOrNull(part []byte, err error) (engine.Value, error) {
	if err != nil || len(part) == 0 {
		return engine.Null(), err
	}
	return engine.Bytes(part), nil
}
