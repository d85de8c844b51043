// Verify checks the proofs in a folder made by `donggui trail-extract` with code that is not
// donggui's: the transparency log packages of the Go project.
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go build -o verify verify.go
//	./verify FOLDER
//
// The folder holds a `policy` (c2sp.org/tlog-policy: every log's key, `quorum none`), `report.bin`,
// and for each proven leaf UNIT-INDEX.tlog-proof and UNIT-INDEX.leaf. The exit status is 0 only if
// there was a proof and every one of them holds.
package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	proofSuffix = ".tlog-proof"
	leafSuffix  = ".leaf"
	leafMax     = 65535
	proofMax    = 16384
	sigsMax     = 16
)

// A checkpoint is the three lines that a log signs.
type checkpoint struct {
	origin string
	size   int64
	root   tlog.Hash
}

// A proof is the content of a .tlog-proof file.
type proof struct {
	index  int64
	hashes tlog.RecordProof
	note   string
}

// unbase64 decodes canonical base64 only; the standard decoder ignores newlines and, unless it is
// strict, trailing bits.
func unbase64(text string) ([]byte, error) {
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil || base64.StdEncoding.EncodeToString(data) != text {
		return nil, fmt.Errorf("not canonical base64: %q", text)
	}
	return data, nil
}

func parseHash(text string) (hash tlog.Hash, err error) {
	data, err := unbase64(text)
	if err == nil && len(data) != len(hash) {
		err = fmt.Errorf("not a hash: %q", text)
	}
	copy(hash[:], data)
	return hash, err
}

func parseDecimal(text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || strconv.FormatInt(n, 10) != text {
		return 0, fmt.Errorf("not a canonical number: %q", text)
	}
	return n, nil
}

func parseCheckpoint(text string) (c checkpoint, err error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[0] == "" || lines[3] != "" {
		return c, errors.New("the checkpoint does not have exactly three lines")
	}
	c.origin = lines[0]
	if c.size, err = parseDecimal(lines[1]); err != nil {
		return c, err
	}
	c.root, err = parseHash(lines[2])
	return c, err
}

func parseProof(text string) (p proof, err error) {
	head, signed, found := strings.Cut(text, "\n\n")
	lines := strings.Split(head, "\n")
	if !found || len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return p, errors.New("not a c2sp.org/tlog-proof@v1 file")
	}
	lines = lines[1:]
	if extra := strings.TrimPrefix(lines[0], "extra "); extra != lines[0] && len(lines) > 1 {
		if _, err = unbase64(extra); err != nil {
			return p, err
		}
		lines = lines[1:]
	}
	index := strings.TrimPrefix(lines[0], "index ")
	if index == lines[0] {
		return p, errors.New("the proof has no index line")
	}
	if p.index, err = parseDecimal(index); err != nil {
		return p, err
	}
	for _, line := range lines[1:] {
		hash, err := parseHash(line)
		if err != nil {
			return p, err
		}
		p.hashes = append(p.hashes, hash)
	}
	p.note = signed
	return p, nil
}

// parseKey reads a log's key, with the strictness that note.NewVerifier lacks.
func parseKey(vkey string) (note.Verifier, error) {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return nil, err
	}
	parts := strings.SplitN(vkey, "+", 3)
	if parts[1] != strings.ToLower(parts[1]) {
		return nil, errors.New("the key's hash is not in lower case")
	}
	typed, err := unbase64(parts[2])
	if err != nil {
		return nil, err
	}
	if !isStrong(typed[1:]) {
		return nil, fmt.Errorf("the key of %s is weak", verifier.Name())
	}
	return verifier, nil
}

// parsePolicy returns the logs of a policy that asks for no witnesses. A policy that asks for more
// is refused rather than half obeyed.
func parsePolicy(text string) (map[string]note.Verifier, error) {
	logs := make(map[string]note.Verifier)
	keys := make(map[string]bool)
	quorums := 0
	for number, line := range strings.Split(text, "\n") {
		items := strings.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == '\t' })
		if len(items) == 0 || strings.HasPrefix(items[0], "#") {
			continue
		}
		switch {
		case items[0] == "log" && (len(items) == 2 || len(items) == 3):
			verifier, err := parseKey(items[1])
			if err != nil {
				return nil, fmt.Errorf("policy line %d: %v", number+1, err)
			}
			key := items[1][strings.LastIndex(items[1], "+")+1:]
			if keys[key] || logs[verifier.Name()] != nil {
				return nil, fmt.Errorf("policy line %d: this log is named twice", number+1)
			}
			keys[key] = true
			logs[verifier.Name()] = verifier
		case items[0] == "quorum" && len(items) == 2 && items[1] == "none":
			quorums++
		default:
			return nil, fmt.Errorf("policy line %d: not understood here: %q", number+1, line)
		}
	}
	if quorums != 1 {
		return nil, errors.New("the policy does not have exactly one quorum line")
	}
	return logs, nil
}

// checkSignatureLines refuses non-canonical base64, which note.Open lets pass, and a second line
// of a key, which note.Open does not look at.
func checkSignatureLines(signed string) error {
	_, sigs, found := cutLast(signed, "\n\n")
	if !found {
		return errors.New("not a signed note")
	}
	lines := strings.Split(strings.TrimSuffix(sigs, "\n"), "\n")
	if len(lines) > sigsMax {
		return errors.New("too many signatures")
	}
	seen := make(map[string]bool)
	for _, line := range lines {
		items := strings.Split(line, " ")
		if len(items) != 3 {
			return fmt.Errorf("not a signature line: %q", line)
		}
		sig, err := unbase64(items[2])
		if err != nil {
			return err
		}
		if len(sig) < 5 {
			return fmt.Errorf("not a signature: %q", items[2])
		}
		key := items[1] + "+" + hex.EncodeToString(sig[:4])
		if seen[key] {
			return fmt.Errorf("two signatures by %s", key)
		}
		seen[key] = true
	}
	return nil
}

func cutLast(text, separator string) (before, after string, found bool) {
	at := strings.LastIndex(text, separator)
	if at < 0 {
		return text, "", false
	}
	return text[:at], text[at+len(separator):], true
}

// openCheckpoint checks the log's signature under the key the policy names for its origin.
func openCheckpoint(signed string, logs map[string]note.Verifier) (c checkpoint, err error) {
	if err = checkSignatureLines(signed); err != nil {
		return c, err
	}
	origin, _, _ := strings.Cut(signed, "\n")
	log := logs[origin]
	if log == nil {
		return c, fmt.Errorf("the policy names no log %q", origin)
	}
	opened, err := note.Open([]byte(signed), note.VerifierList(log))
	if err != nil {
		return c, err
	}
	return parseCheckpoint(opened.Text)
}

// readBounded reads a regular file of at most max bytes.
func readBounded(path string, max int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > max {
		return nil, fmt.Errorf("%s: not a file of at most %d bytes", path, max)
	}
	return os.ReadFile(path)
}

// verifyStem checks one proof and its leaf, and that the file's name tells the truth.
func verifyStem(stem string, logs map[string]note.Verifier) (c checkpoint, p proof, leaf []byte, err error) {
	text, err := readBounded(stem+proofSuffix, proofMax)
	if err != nil {
		return
	}
	if leaf, err = readBounded(stem+leafSuffix, leafMax); err != nil {
		return
	}
	if p, err = parseProof(string(text)); err != nil {
		return
	}
	if c, err = openCheckpoint(p.note, logs); err != nil {
		return
	}
	unit, number, found := cutLast(filepath.Base(stem), "-")
	if !found || unit == "" || number != strconv.FormatInt(p.index, 10) {
		err = fmt.Errorf("the file's name does not end in the index %d", p.index)
		return
	}
	if !strings.Contains("/"+c.origin+"/", "/"+unit+"/") {
		err = fmt.Errorf("the file's name is not of the log %s", c.origin)
		return
	}
	err = tlog.CheckRecord(p.hashes, c.size, c.root, p.index, tlog.RecordHash(leaf))
	return
}

// findStems lists the paths without suffix of all proofs and leaves, sorted.
func findStems(folder string) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	found := make(map[string]bool)
	for _, entry := range entries {
		for _, suffix := range []string{proofSuffix, leafSuffix} {
			if stem := strings.TrimSuffix(entry.Name(), suffix); stem != entry.Name() {
				found[filepath.Join(folder, stem)] = true
			}
		}
	}
	stems := make([]string, 0, len(found))
	for stem := range found {
		stems = append(stems, stem)
	}
	sort.Strings(stems)
	return stems, nil
}

// verifyFolder prints a line per proof and returns how many hold and how many do not.
func verifyFolder(folder string) (passed, failed int, err error) {
	policy, err := readBounded(filepath.Join(folder, "policy"), 1<<24)
	if err != nil {
		return 0, 0, err
	}
	logs, err := parsePolicy(string(policy))
	if err != nil {
		return 0, 0, err
	}
	report, err := readBounded(filepath.Join(folder, "report.bin"), 1<<20)
	if err != nil {
		return 0, 0, err
	}
	stems, err := findStems(folder)
	if err != nil {
		return 0, 0, err
	}
	id := fmt.Sprintf("report %x\n", sha256.Sum256(report))
	naming := 0
	for _, stem := range stems {
		name := filepath.Base(stem)
		c, p, leaf, err := verifyStem(stem, logs)
		if err != nil {
			failed++
			fmt.Printf("FAIL %s: %v\n", name, err)
			continue
		}
		passed++
		if strings.Contains("\n"+string(leaf), "\n"+id) {
			naming++
		}
		fmt.Printf("ok   %s: leaf %d of %d in %s, %d bytes\n", name, p.index, c.size, c.origin, len(leaf))
	}
	fmt.Printf("%s is named by %d proven leaves\n", strings.TrimSpace(id), naming)
	return passed, failed, nil
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: verify FOLDER")
		os.Exit(2)
	}
	passed, failed, err := verifyFolder(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "verify:", err)
		os.Exit(1)
	}
	fmt.Printf("%d passed, %d failed\n", passed, failed)
	if failed > 0 || passed == 0 {
		os.Exit(1)
	}
}

// Go's Ed25519 accepts keys of small order, one of which verifies every message, and keys with a
// torsion part. Its curve arithmetic is not exported, so the check is done with big numbers: slow,
// and short enough to be read against RFC 8032, section 5.1.

var (
	fieldPrime = sub(pow2(255), big.NewInt(19))
	groupOrder = func() *big.Int {
		n, _ := new(big.Int).SetString("27742317777372353535851937790883648493", 10)
		return n.Add(n, pow2(252))
	}()
	curveD = mod(mul(big.NewInt(-121665), inverse(big.NewInt(121666))))
	one    = big.NewInt(1)
)

func pow2(n uint) *big.Int        { return new(big.Int).Lsh(big.NewInt(1), n) }
func add(a, b *big.Int) *big.Int  { return new(big.Int).Add(a, b) }
func sub(a, b *big.Int) *big.Int  { return new(big.Int).Sub(a, b) }
func mul(a, b *big.Int) *big.Int  { return new(big.Int).Mul(a, b) }
func mod(a *big.Int) *big.Int     { return new(big.Int).Mod(a, fieldPrime) }
func inverse(a *big.Int) *big.Int { return new(big.Int).ModInverse(mod(a), fieldPrime) }

// A point is in projective coordinates: (x/z, y/z).
type point struct{ x, y, z *big.Int }

// plus is the complete addition law of the curve -x² + y² = 1 + d·x²·y².
func (p point) plus(q point) point {
	a := mod(mul(p.z, q.z))
	b := mod(mul(a, a))
	c := mod(mul(p.x, q.x))
	d := mod(mul(p.y, q.y))
	e := mod(mul(curveD, mod(mul(c, d))))
	f, g := sub(b, e), add(b, e)
	h := sub(mul(add(p.x, p.y), add(q.x, q.y)), add(c, d))
	return point{mod(mul(mod(mul(a, f)), h)), mod(mul(mod(mul(a, g)), add(d, c))), mod(mul(f, g))}
}

func (p point) times(n *big.Int) point {
	sum := point{big.NewInt(0), one, one}
	for bit := n.BitLen() - 1; bit >= 0; bit-- {
		sum = sum.plus(sum)
		if n.Bit(bit) == 1 {
			sum = sum.plus(p)
		}
	}
	return sum
}

func (p point) isIdentity() bool { return p.x.Sign() == 0 && p.y.Cmp(p.z) == 0 }

// decodePoint reads the canonical encoding of a point on the curve. The sign of x is not looked
// at: a point and its negative have the same order.
func decodePoint(key []byte) (p point, ok bool) {
	if len(key) != 32 {
		return p, false
	}
	bigEndian := make([]byte, 32)
	for i := range key {
		bigEndian[31-i] = key[i]
	}
	bigEndian[0] &= 0x7f
	y := new(big.Int).SetBytes(bigEndian)
	if y.Cmp(fieldPrime) >= 0 {
		return p, false
	}
	ySquare := mod(mul(y, y))
	xSquare := mod(mul(sub(ySquare, one), inverse(add(mul(curveD, ySquare), one))))
	x := new(big.Int).ModSqrt(xSquare, fieldPrime)
	return point{x, y, one}, x != nil
}

// isStrong reports whether key is a point of the prime order and nothing else.
func isStrong(key []byte) bool {
	p, ok := decodePoint(key)
	return ok && !p.isIdentity() && p.times(groupOrder).isIdentity()
}
