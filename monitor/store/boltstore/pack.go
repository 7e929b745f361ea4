package boltstore

import (
	"fmt"
	"runtime"

	"github.com/klauspost/compress/zstd"
)

// maxText bounds the decompressed size of a record, against damaged ones.
const maxText = 256 << 20

// packer compresses the texts of records.
type packer struct {
	enc *zstd.Encoder
	dec *zstd.Decoder
}

func newPacker() (*packer, error) {
	coders := min(runtime.GOMAXPROCS(0), 4)
	enc, err := zstd.NewWriter(nil,
		zstd.WithEncoderLevel(zstd.SpeedFastest),
		zstd.WithEncoderConcurrency(coders),
		zstd.WithLowerEncoderMem(true),
		zstd.WithWindowSize(128<<10),
		zstd.WithSingleSegment(true))
	if err != nil {
		return nil, fmt.Errorf("make compressor: %w", err)
	}
	dec, err := zstd.NewReader(nil,
		zstd.WithDecoderConcurrency(coders),
		zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxMemory(maxText))
	if err != nil {
		return nil, fmt.Errorf("make decompressor: %w", err)
	}
	return &packer{enc, dec}, nil
}

func (p *packer) pack(b []byte) []byte { return p.enc.EncodeAll(b, nil) }

func (p *packer) unpack(b []byte) ([]byte, error) {
	text, err := p.dec.DecodeAll(b, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errRecord, err)
	}
	return text, nil
}

func (p *packer) close() {
	p.dec.Close()
}
