import Testing
import VeloSystem

@Suite("Looking for bytes")
struct ByteSearchTests {
    static let search = ByteSearch(UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "#"), 10, 13)

    @Test("every place of every byte value is found as one at a time would find it")
    func agrees() {
        let wanted: Set<UInt8> = [UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "#"), 10, 13]
        for byte in UInt8.min...UInt8.max {
            for length in 0..<20 {
                for place in 0..<max(length, 1) {
                    var bytes = [UInt8](repeating: UInt8(ascii: "a"), count: length)
                    if place < length { bytes[place] = byte }
                    for start in [0, place, length] {
                        let expected = bytes[start...].firstIndex { wanted.contains($0) } ?? length
                        #expect(Self.search.index(in: bytes, from: start) == expected)
                    }
                }
            }
        }
    }

    @Test("the first of several counts, also where one follows the other")
    func first() {
        let bytes = Array("0123#\"######\n".utf8)
        #expect(Self.search.index(in: bytes, from: 0) == 4)
        #expect(Self.search.index(in: bytes, from: 5) == 5)
        #expect(Self.search.index(in: bytes, from: 99) == 99)
    }

    @Test("text is plain unless a byte of it must be escaped in JSON")
    func plain() {
        for byte in UInt8.min...UInt8.max {
            for length in 1..<20 {
                var bytes = [UInt8](repeating: 0xFF, count: length)
                bytes[length / 2] = byte
                let isPlain = bytes.withUnsafeBufferPointer { ByteSearch.isPlain($0) }
                #expect(isPlain == (byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")))
            }
        }
    }
}
