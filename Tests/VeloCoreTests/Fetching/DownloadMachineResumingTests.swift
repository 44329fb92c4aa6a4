import Testing
import VeloSystem

@testable import VeloCore

@Suite("Download machine: resuming, judging, redirects")
struct DownloadMachineResumingTests {
    static let digest = SHA256Digest.of([1])

    /// A download that broke off after 40 of 100 bytes, and has been woken up again.
    func broken(
        digest: SHA256Digest? = digest, _ headers: CurlHeaders = ["Content-Length": "100", "ETag": "\"v1\""],
        urls: [String] = ["http://a.test/file"]
    ) -> DownloadScript {
        var script = DownloadScript(urls, digest: digest)
        script.answer(200, headers)
        script.bring(40)
        script.fail(.truncated)
        if script.open.isEmpty { script.wake() }
        return script
    }

    @Test("goes on with the byte after the last, of the same version only")
    func resumes() {
        var script = broken()
        guard case .truncated(_, 40, _)? = script.setbacks.first else {
            Issue.record("no retry: \(script.setbacks)")
            return
        }
        #expect(script.ranges == ["bytes=40-"])
        #expect(script.open.first?.request.headers["If-Range"] == "\"v1\"")
        script.answer(206, ["Content-Range": "bytes 40-99/100", "Content-Length": "60"])
        script.bring(60)
        script.finish()
        #expect(script.end == .verify)
    }

    @Test("a weak tag is no validator; a date is")
    func weakTag() {
        let script = broken(["Content-Length": "100", "ETag": "W/\"v1\"", "Last-Modified": "Sun, 06 Nov 1994"])
        #expect(script.open.first?.request.headers["If-Range"] == "Sun, 06 Nov 1994")
    }

    @Test("without a digest and without a validator it begins again")
    func noValidator() {
        var script = broken(digest: nil, ["Content-Length": "100"])
        #expect(script.ranges == [nil])
        script.answer(200, ["Content-Length": "100"])
        #expect(script.discards == 1)
        #expect(script.machine.held.isEmpty)
    }

    @Test("with a digest another mirror continues, without the first one's validator")
    func otherMirror() {
        let script = broken(urls: ["http://a.test/file", "http://b.test/file"])
        #expect(script.open.first?.request.url.host == "b.test")
        #expect(script.ranges == ["bytes=40-"])
        #expect(script.open.first?.request.headers["If-Range"] == nil)
    }

    @Test("without a digest it stays with the mirror that began")
    func sameMirror() {
        let script = broken(digest: nil, urls: ["http://a.test/file", "http://b.test/file"])
        #expect(script.open.first?.request.url.host == "a.test")
    }

    @Test(
        "a server that answers a range with something else is asked for all of it",
        arguments: [
            ["Content-Range": "bytes 0-99/100"],
            ["Content-Range": "bytes 41-99/100"],
            ["Content-Range": "bytes 40-100/100"],
            ["Content-Range": "nonsense"],
            [:],
            ["Content-Range": "bytes 40-99/100", "Content-Length": "61"],
        ] as [CurlHeaders])
    func wrongRange(_ headers: CurlHeaders) {
        var script = broken()
        guard case .refuse(.confused) = script.answer(206, headers) else {
            Issue.record("it was believed")
            return
        }
        script.finish(.stopped, 206, headers)
        #expect(script.ranges == [nil])
    }

    @Test("a range of another version means that all of it is fetched again")
    func changedVersion() {
        var script = broken()
        #expect(
            script.answer(206, ["Content-Range": "bytes 40-99/100", "ETag": "\"v2\""])
                == .refuse(.changed(url: "http://a.test/file")))
        script.finish(.stopped, 206)
        #expect(script.discards == 1)
        #expect(script.ranges == [nil])
    }

    @Test("a range that nobody asked for is no file")
    func unaskedRange() {
        var script = DownloadScript(digest: nil)
        script.answer(206, ["Content-Range": "bytes 0-9/100"])
        script.finish(.stopped, 206)
        #expect(
            script.end == .fail(.confused(url: "http://a.test/file", reason: "a range that was not asked for")))
    }

    @Test("what is whole already is verified without a request")
    func whole() {
        let journal = DownloadJournal(
            total: 100, url: "http://a.test/file", validator: nil, digest: Self.digest, boot: "b",
            held: ByteRanges([0..<100]) ?? ByteRanges())
        let script = DownloadScript(journal: journal)
        #expect(script.end == .verify)
        #expect(script.open.isEmpty)
    }

    @Test("nothing after the last byte means that all is there, if that is the size")
    func unsatisfied() {
        var script = broken(["ETag": "\"v1\""])
        #expect(script.answer(416, ["Content-Range": "bytes */40"]) == .complete)
        script.finish(.complete, 416)
        #expect(script.end == .verify)
        var second = broken()
        guard case .refuse(.confused) = second.answer(416, ["Content-Range": "bytes */30"]) else {
            Issue.record("a shorter file was taken for the whole")
            return
        }
    }

    @Test("a wrong digest of one answer ends with this mirror; of several, all of it is fetched once more")
    func wrongDigest() {
        let wrong = SHA256Digest.of([9])
        var script = broken()
        script.answer(206, ["Content-Range": "bytes 40-99/100"])
        script.bring(60)
        script.finish()
        script.judge(wrong)
        #expect(script.discards == 1)
        #expect(!script.machine.keepsPartial)
        #expect(script.ranges == [nil])
        script.answer(200, ["Content-Length": "100"])
        script.bring(100)
        script.finish()
        script.judge(wrong)
        #expect(
            script.end
                == .fail(.digestMismatch(url: "http://a.test/file", expected: Self.digest, actual: wrong)))
    }

    @Test("a size that cannot be right is refused before its bytes come")
    func wrongSize() {
        var script = DownloadScript(size: 100)
        script.answer(200, ["Content-Length": "99"])
        script.finish(.stopped, 200)
        #expect(script.end == .fail(.sizeMismatch(url: "http://a.test/file", expected: 100, actual: 99)))
    }

    @Test("a redirect within the origin keeps the headers, one to another loses what the caller said")
    func redirectHeaders() {
        var script = DownloadScript(
            ["http://a.test/x/f"], headers: ["Authorization": "Bearer s", "X-Own": "1", "Accept": "a/b"])
        script.refuse(302, ["Location": "../g"])
        #expect(script.open.first?.request.url.text == "http://a.test/g")
        #expect(script.open.first?.request.headers["Authorization"] == "Bearer s")
        script.refuse(307, ["Location": "http://a.test:81/g"])
        #expect(script.open.first?.request.url.text == "http://a.test:81/g")
        #expect(script.open.first?.request.headers == ["Accept": "a/b"])
    }

    @Test("the address that a redirect led to is asked for the next part, and given up when it fails")
    func redirectedParts() {
        var script = DownloadScript(["http://a.test/f"]) {
            $0.streams = .init(most: 2, first: 1)
            $0.pieceSize = 50
        }
        script.refuse(302, ["Location": "http://b.test/g"])
        script.answer(206, ["Content-Range": "bytes 0-49/100"])
        script.bring(50)
        script.finish()
        #expect(script.open.first?.request.url.text == "http://b.test/g")
        script.refuse(403)
        script.wake()
        #expect(script.open.first?.request.url.text == "http://a.test/f")
    }

    @Test("redirects that weaken or never end are refused")
    func badRedirects() {
        func end(_ url: String, to location: String) -> DownloadMachine.Action? {
            var script = DownloadScript([url])
            for _ in 0...10 where script.end == nil { script.refuse(301, ["Location": location]) }
            return script.end
        }
        #expect(
            end("https://a.test/f", to: "http://a.test/f")
                == .fail(.badRedirect(url: "https://a.test/f", to: "http://a.test/f", .insecure)))
        #expect(
            end("http://a.test/f", to: "file:///etc/passwd")
                == .fail(.badRedirect(url: "http://a.test/f", to: "file:///etc/passwd", .unusable)))
        #expect(
            end("http://a.test/f", to: "/f")
                == .fail(.badRedirect(url: "http://a.test/f", to: "http://a.test/f", .tooMany)))
    }
}
