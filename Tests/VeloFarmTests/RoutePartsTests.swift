import Testing

@testable import VeloFarm

@Suite("Parts of requests")
struct RoutePartsTests {
    @Test(
        "ranges are read as the standard says",
        arguments: [
            (nil, ByteRange.whole), ("bytes=0-99", .part(0...99)), ("bytes=900-", .part(900...999)),
            ("bytes=-1", .part(999...999)), ("bytes=-5000", .part(0...999)), ("bytes=990-5000", .part(990...999)),
            ("bytes=0-0", .part(0...0)), ("bytes=1000-", .unsatisfiable), ("bytes=-0", .unsatisfiable),
            ("bytes=5-2", .whole), ("bytes=0-1,5-6", .whole), ("items=0-1", .whole), ("bytes=-", .whole),
            ("bytes=a-b", .whole), ("bytes=--1", .whole), ("Bytes=0-1", .part(0...1)),
            ("bytes=99999999999999999999-", .unsatisfiable), ("bytes=0-99999999999999999999", .part(0...999)),
        ] as [(String?, ByteRange)])
    func ranges(_ header: String?, _ expected: ByteRange) {
        #expect(ByteRange(header, size: 1000) == expected)
    }

    @Test("an empty file has no range that can be had")
    func emptyFile() {
        #expect(ByteRange("bytes=0-", size: 0) == .unsatisfiable)
        #expect(ByteRange("bytes=-1", size: 0) == .unsatisfiable)
    }

    @Test(
        "times are written as HTTP wants them",
        arguments: [
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"), (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"), (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
        ])
    func dates(_ seconds: Int, _ text: String) {
        #expect(HTTPDate.text(seconds) == text)
    }

    @Test("registry paths name owner, image and what is wanted of it")
    func registryPaths() {
        func path(_ text: String) -> RegistryPath? { RegistryPath(text.split(separator: "/")) }
        #expect(path("velo/recipes/hello/manifests/1.0")?.name.tap == "velo/recipes")
        #expect(path("velo/recipes/hello/manifests/1.0")?.name.isCore == false)
        #expect(path("homebrew/core/openssl/3/manifests/3.1")?.name.isCore == true)
        #expect(path("homebrew/core/openssl/3/manifests/3.1")?.name.image == "openssl/3")
        #expect(path("two/parts/blobs/uploads/abc")?.resource == .upload("abc"))
        #expect(path("two/parts/blobs/uploads")?.resource == .uploads)
        #expect(path("two/parts/referrers/sha256:ab")?.resource == .referrers("sha256:ab"))
        #expect(path("Upper/case/manifests/1.0") == nil)
        #expect(path("a/../b/manifests/1.0") == nil)
        #expect(path("velo/recipes/hello/blobs/sha256%3Aab")?.resource == .blob("sha256:ab"))
        #expect(path("velo/recipes/hello/tags/list")?.resource == .tags)
        #expect(path("velo/recipes/hello/tags/all") == nil)
        #expect(path("velo/recipes/hel%ZZlo/manifests/1.0") == nil)
        #expect(path("_catalog") == nil)
    }

    @Test("percent signs are undone once, and nonsense is refused")
    func decoding() {
        #expect(percentDecoded("gtk%2B3") == "gtk+3")
        #expect(percentDecoded("a%252Fb") == "a%2Fb")
        #expect(percentDecoded("%") == nil)
        #expect(percentDecoded("%4") == nil)
        #expect(percentDecoded("%00") == nil)
        #expect(percentDecoded("%FF") == nil)
        #expect(percentDecoded("%C3%BC") == "ü")
    }

    @Test("entity tags match by value, weak or not")
    func entityTags() {
        #expect(EntityTags("\"a\", W/\"b\"").match("\"b\""))
        #expect(EntityTags("*").match("\"b\""))
        #expect(!EntityTags("\"a\"").match("\"b\""))
        #expect(!EntityTags(nil).match("\"b\""))
    }
}
