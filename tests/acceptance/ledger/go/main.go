// Audits a static log with the Go checksum database's own packages: the signed note, the tree, every record, and growth.
//
// usage: main DIRECTORY VKEY [OLD_CHECKPOINT]
package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// files maps the checksum database's tile coordinates to C2SP's paths: that is all it does.
type files struct{ dir string }

func (f files) Height() int { return 8 }

func (f files) SaveTiles([]tlog.Tile, [][]byte) {}

func (f files) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var data [][]byte
	for _, tile := range tiles {
		read, err := os.ReadFile(filepath.Join(f.dir, strings.Replace(tile.Path(), "tile/8/", "tile/", 1)))
		if err != nil {
			return nil, err
		}
		data = append(data, read)
	}
	return data, nil
}

func (f files) entries(index, size int64) [][]byte {
	width := size - index*256
	if width > 256 {
		width = 256
	}
	path := tlog.Tile{H: 8, L: -1, N: index, W: int(width)}.Path()
	data, err := os.ReadFile(filepath.Join(f.dir, strings.Replace(path, "tile/8/data/", "tile/entries/", 1)))
	check(err)
	var found [][]byte
	for len(data) > 0 {
		length := binary.BigEndian.Uint16(data)
		found = append(found, data[2:2+length])
		data = data[2+length:]
	}
	return found
}

func check(err error) {
	if err != nil {
		fmt.Println("REFUSED:", err)
		os.Exit(1)
	}
}

func open(path, vkey string) tlog.Tree {
	verifier, err := note.NewVerifier(vkey)
	check(err)
	signed, err := os.ReadFile(path)
	check(err)
	opened, err := note.Open(signed, note.VerifierList(verifier))
	check(err)
	lines := strings.SplitN(opened.Text, "\n", 2)
	if lines[0] != verifier.Name() {
		check(fmt.Errorf("another log: %s", lines[0]))
	}
	tree, err := tlog.ParseTree([]byte("go.sum database tree\n" + lines[1]))
	check(err)
	return tree
}

func main() {
	dir, vkey := os.Args[1], os.Args[2]
	tree := open(filepath.Join(dir, "checkpoint"), vkey)
	reader := tlog.TileHashReader(tree, files{dir})
	records := 0
	for index := int64(0); index*256 < tree.N; index++ {
		for position, entry := range (files{dir}).entries(index, tree.N) {
			number := index*256 + int64(position)
			proof, err := tlog.ProveRecord(tree.N, number, reader)
			check(err)
			check(tlog.CheckRecord(proof, tree.N, tree.Hash, number, tlog.RecordHash(entry)))
			records++
		}
	}
	if int64(records) != tree.N {
		check(fmt.Errorf("%d records in a tree of %d", records, tree.N))
	}
	if len(os.Args) > 3 {
		old := open(os.Args[3], vkey)
		proof, err := tlog.ProveTree(tree.N, old.N, reader)
		check(err)
		check(tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash))
		fmt.Println("CONSISTENT", old.N, tree.N)
	}
	fmt.Println("VERIFIED", records)
}
