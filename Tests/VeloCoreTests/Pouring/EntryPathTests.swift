import Testing
import VeloCore

@Suite("Paths in archives")
struct EntryPathTests {
    @Test(
        "is written in one way",
        arguments: [
            ("a/b", "a/b"), ("./a//b/", "a/b"), ("a/./b", "a/b"), ("a b/ü", "a b/ü"), ("...", "..."),
            ("a\\x2db", "a\\x2db"),
        ])
    func normalises(raw: String, expected: String) throws {
        #expect(try EntryPath(raw).text == expected)
    }

    @Test(
        "what could leave the folder is refused",
        arguments: [
            ("", .empty), (".", .empty), ("./", .empty), ("/etc/passwd", .absolute), ("//a", .absolute),
            ("..", .leavesFolder),
            ("a/../b", .leavesFolder), ("a/..", .leavesFolder), ("..\\b", .leavesFolder),
            ("a\\..\\..\\b", .leavesFolder),
            ("\\windows", .leavesFolder), ("a\0b", .nul), (String(repeating: "a/", count: 2048), .tooLong),
            (String(repeating: "a", count: 256), .tooLong),
        ] as [(String, EntryPathFlaw)])
    func refuses(raw: String, flaw: EntryPathFlaw) {
        #expect(throws: flaw) { try EntryPath(raw) }
    }

    @Test("two spellings of one letter are two files")
    func comparesBytes() throws {
        #expect(try EntryPath("caf\u{e9}") != EntryPath("cafe\u{301}"))
    }
}
