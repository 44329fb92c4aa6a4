import Testing
import VeloCore

@Suite("Strings in binaries")
struct BinaryStringsTests {
    private let strings = BinaryStrings(prefix: "/long/prefix")
    private let bytes = Array("\u{1}\0a=/long/prefix/x:/long/prefix/y\0tail\0/long/prefix\0/long/prefix".utf8)

    @Test("finds the whole strings that hold the prefix, but not one that the end cuts off")
    func finds() {
        #expect(strings.find(in: bytes) == [BinaryString(offset: 2, length: 31), BinaryString(offset: 39, length: 12)])
        #expect(strings.find(in: Array("/long/prefix".utf8)).isEmpty)
    }

    @Test("exchanges every mention and fills with zeros; what follows stays in its place")
    func exchanges() throws {
        let patches = try strings.patches(replacingWith: "/p", at: strings.find(in: bytes), in: bytes)
        let result = BytePatch.apply(patches, to: bytes)
        #expect(result.count == bytes.count)
        let zeros = String(repeating: "\0", count: 20)
        let expected = "\u{1}\0a=/p/x:/p/y\(zeros)\0tail\0/p\(String(repeating: "\0", count: 10))\0/long/prefix"
        #expect(String(decoding: result, as: UTF8.self) == expected)
    }

    @Test("a prefix that is longer, and a string that is not there, are errors")
    func refuses() {
        let found = strings.find(in: bytes)
        #expect(throws: BinaryStrings.Failure.prefixTooLong(room: 12)) {
            try strings.patches(replacingWith: "/long/prefix2", at: found, in: bytes)
        }
        for wrong in [
            BinaryString(offset: 3, length: 8), BinaryString(offset: 60, length: 12),
            BinaryString(offset: -1, length: 4),
            BinaryString(offset: 34, length: 4), BinaryString(offset: 2, length: .max),
            BinaryString(offset: .max, length: 2),
            BinaryString(offset: 0, length: 33),
        ] {
            #expect(throws: BinaryStrings.Failure.notThere(wrong)) {
                try strings.patches(replacingWith: "/p", at: [wrong], in: bytes)
            }
        }
    }
}
