import FoundationEssentials
import SystemPackage
import VeloSystem

/// The files that `test_fixtures("test.png")` and its kind name: for each format a very small file, made for this
/// purpose, that its readers accept.
enum TestFixtures {
    /// Where Homebrew has them, below a prefix.
    private static let place = "Homebrew/Library/Homebrew/test/support/fixtures"

    /// Puts them below a prefix, as it is on this disk.
    static func install(in prefix: FilePath) throws {
        let folder = prefix.pushing(FilePath(place))
        try FileTree.makeFolder(folder)
        for (name, text) in texts { try FileTree.write(Array(text.utf8), to: folder.appending(name)) }
        for (name, text) in encoded {
            guard let data = Data(base64Encoded: text.filter { !$0.isWhitespace }) else { continue }
            try FileTree.write(Array(data), to: folder.appending(name))
        }
        try FileTree.write(silentFrame + silentFrame, to: folder.appending("test.mp3"))
        try FileTree.write(tone, to: folder.appending("test.wav"))
    }

    /// A frame of MPEG-1 layer III, 128 kbit/s, 44.1 kHz, stereo, in which nothing sounds.
    private static let silentFrame: [UInt8] = [0xFF, 0xFB, 0x90, 0x00] + [UInt8](repeating: 0, count: 413)

    /// A tenth of a second of a triangle wave at 400 Hz: 8000 samples a second, 16 bits, one channel.
    private static let tone: [UInt8] = {
        let samples = (0..<800).map { index in
            let step = index % 20
            return Int16((step < 10 ? step : 20 - step) * 1200 - 6000)
        }
        func little(_ value: Int, _ count: Int) -> [UInt8] {
            (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        }
        let data = samples.flatMap { little(Int($0), 2) }
        var bytes = Array("RIFF".utf8) + little(36 + data.count, 4) + Array("WAVEfmt ".utf8)
        bytes += little(16, 4) + little(1, 2) + little(1, 2) + little(8000, 4) + little(16000, 4)
        return bytes + little(2, 2) + little(16, 2) + Array("data".utf8) + little(data.count, 4) + data
    }()

    private static let drawing = """
        %!PS-Adobe-3.0 EPSF-3.0
        %%BoundingBox: 0 0 100 100
        %%EndComments
        mark
        10 10 moveto 90 90 lineto stroke
        cleartomark
        showpage
        %%EOF

        """

    private static let texts: [String: String] = [
        "test.eps": drawing,
        "test.ps": drawing.replacing(" EPSF-3.0", with: ""),
        "test.svg": """
        <?xml version="1.0" encoding="UTF-8"?>
        <svg xmlns="http://www.w3.org/2000/svg" width="8" height="8" viewBox="0 0 8 8">
          <rect width="8" height="8" fill="#ff2600"/>
        </svg>

        """,
        "test.diff": """
        diff --git a/test b/test
        index 9daeafb..180cf83 100644
        --- a/test
        +++ b/test
        @@ -1 +1 @@
        -test
        +tested

        """,
    ]

    /// Pictures of one colour, a page with two words, one UDP packet, a book of one paragraph; in base 64.
    private static let encoded: [String: String] = [
        "test.png":
            """
        iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAGElEQVR42mP4DwRqDJgkA1ZRIMEwKHUAAMylhEGQ88AXAAAAAElF
        TkSuQmCC
        """,
        "test.gif":
            """
        R0lGODlhAQABAIAAAP8mAP///ywAAAAAAQABAAACAkQBADs=
        """,
        "test.jpg":
            """
        /9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB
        AQEBAQEBAQEBAQEBAQH/wAARCAAIAAgDAREAAhEAAxEA/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAFBABAAAA
        AAAAAAAAAAAAAAAAAP/aAAwDAQACAAMAAD8A+E34hP7fX//Z
        """,
        "test.tiff":
            """
        SUkqAAgAAAAJAAABAwABAAAACAAAAAEBAwABAAAACAAAAAIBAwADAAAAegAAAAMBAwABAAAAAQAAAAYBAwABAAAAAgAAABEBBAAB
        AAAAgAAAABUBAwABAAAAAwAAABYBAwABAAAACAAAABcBBAABAAAAwAAAAAAAAAAIAAgACAD/JgD/JgD/JgD/JgD/JgD/JgD/JgD/
        JgD/JgD/JgD/JgD/JgD/JgD/JgD/JgD/JgD/JgD/JgD/JgD/JgD/JgD/JgD/JgD/JgD/JgD/JgD/JgD/JgD/JgD/JgD/JgD/JgD/
        JgD/JgD/JgD/JgD/JgD/JgD/JgD/JgD/JgD/JgD/JgD/JgD/JgD/JgD/JgD/JgD/JgD/JgD/JgD/JgD/JgD/JgD/JgD/JgD/JgD/
        JgD/JgD/JgD/JgD/JgD/JgD/JgA=
        """,
        "test.ico":
            """
        AAABAAEACAgAAAEAGABRAAAAFgAAAIlQTkcNChoKAAAADUlIRFIAAAAIAAAACAgCAAAAS20p3AAAABhJREFUeNpj+A8EagyYJANW
        USDBMCh1AADMpYRBkPPAFwAAAABJRU5ErkJggg==
        """,
        "test.pcap":
            """
        1MOyoQIABAAAAAAAAAAAAP//AAABAAAAAQAAAAAAAAA8AAAAPAAAAAAAAAAAAAAAAAAAAAgARQAAIAABAABAEXzKfwAAAX8AAAEU
        6RTpAAwAAHRlc3QAAAAAAAAAAAAAAAAAAA==
        """,
        "test.pdf":
            """
        JVBERi0xLjQKMSAwIG9iago8PCAvVHlwZSAvQ2F0YWxvZyAvUGFnZXMgMiAwIFIgPj4KZW5kb2JqCjIgMCBvYmoKPDwgL1R5cGUg
        L1BhZ2VzIC9LaWRzIFszIDAgUl0gL0NvdW50IDEgPj4KZW5kb2JqCjMgMCBvYmoKPDwgL1R5cGUgL1BhZ2UgL1BhcmVudCAyIDAg
        UiAvTWVkaWFCb3ggWzAgMCAzMDAgMTAwXSAvQ29udGVudHMgNCAwIFIgL1Jlc291cmNlcyA8PCAvRm9udCA8PCAvRjEgNSAwIFIg
        Pj4gPj4gPj4KZW5kb2JqCjQgMCBvYmoKPDwgL0xlbmd0aCA0NCA+PgpzdHJlYW0KQlQgL0YxIDI0IFRmIDQwIDQwIFRkIChIb21l
        YnJldyB0ZXN0LikgVGogRVQKZW5kc3RyZWFtCmVuZG9iago1IDAgb2JqCjw8IC9UeXBlIC9Gb250IC9TdWJ0eXBlIC9UeXBlMSAv
        QmFzZUZvbnQgL0hlbHZldGljYSA+PgplbmRvYmoKeHJlZgowIDYKMDAwMDAwMDAwMCA2NTUzNSBmIAowMDAwMDAwMDA5IDAwMDAw
        IG4gCjAwMDAwMDAwNTggMDAwMDAgbiAKMDAwMDAwMDExNSAwMDAwMCBuIAowMDAwMDAwMjQxIDAwMDAwIG4gCjAwMDAwMDAzMzUg
        MDAwMDAgbiAKdHJhaWxlcgo8PCAvU2l6ZSA2IC9Sb290IDEgMCBSID4+CnN0YXJ0eHJlZgo0MDUKJSVFT0YK
        """,
        "test.epub":
            """
        UEsDBBQAAAAAAAAAIShvYassFAAAABQAAAAIAAAAbWltZXR5cGVhcHBsaWNhdGlvbi9lcHViK3ppcFBLAwQUAAAAAAAAACEoNchX
        mtEAAADRAAAAFgAAAE1FVEEtSU5GL2NvbnRhaW5lci54bWw8P3htbCB2ZXJzaW9uPSIxLjAiPz48Y29udGFpbmVyIHZlcnNpb249
        IjEuMCIgeG1sbnM9InVybjpvYXNpczpuYW1lczp0YzpvcGVuZG9jdW1lbnQ6eG1sbnM6Y29udGFpbmVyIj48cm9vdGZpbGVzPjxy
        b290ZmlsZSBmdWxsLXBhdGg9ImMub3BmIiBtZWRpYS10eXBlPSJhcHBsaWNhdGlvbi9vZWJwcy1wYWNrYWdlK3htbCIvPjwvcm9v
        dGZpbGVzPjwvY29udGFpbmVyPlBLAwQUAAAAAAAAACEoUBR7w48BAACPAQAABQAAAGMub3BmPD94bWwgdmVyc2lvbj0iMS4wIj8+
        PHBhY2thZ2UgdmVyc2lvbj0iMi4wIiB4bWxucz0iaHR0cDovL3d3dy5pZHBmLm9yZy8yMDA3L29wZiIgdW5pcXVlLWlkZW50aWZp
        ZXI9ImkiPjxtZXRhZGF0YSB4bWxuczpkYz0iaHR0cDovL3B1cmwub3JnL2RjL2VsZW1lbnRzLzEuMS8iPjxkYzp0aXRsZT5UZXN0
        PC9kYzp0aXRsZT48ZGM6bGFuZ3VhZ2U+ZW48L2RjOmxhbmd1YWdlPjxkYzppZGVudGlmaWVyIGlkPSJpIj52ZWxvLXRlc3Q8L2Rj
        OmlkZW50aWZpZXI+PC9tZXRhZGF0YT48bWFuaWZlc3Q+PGl0ZW0gaWQ9ImEiIGhyZWY9ImEueGh0bWwiIG1lZGlhLXR5cGU9ImFw
        cGxpY2F0aW9uL3hodG1sK3htbCIvPjwvbWFuaWZlc3Q+PHNwaW5lPjxpdGVtcmVmIGlkcmVmPSJhIi8+PC9zcGluZT48L3BhY2th
        Z2U+UEsDBBQAAAAAAAAAIShoJeHNbQAAAG0AAAAHAAAAYS54aHRtbDxodG1sIHhtbG5zPSJodHRwOi8vd3d3LnczLm9yZy8xOTk5
        L3hodG1sIj48aGVhZD48dGl0bGU+VGVzdDwvdGl0bGU+PC9oZWFkPjxib2R5PjxwPkEgdGVzdC48L3A+PC9ib2R5PjwvaHRtbD5Q
        SwECFAMUAAAAAAAAACEob2GrLBQAAAAUAAAACAAAAAAAAAAAAAAAgAEAAAAAbWltZXR5cGVQSwECFAMUAAAAAAAAACEoNchXmtEA
        AADRAAAAFgAAAAAAAAAAAAAAgAE6AAAATUVUQS1JTkYvY29udGFpbmVyLnhtbFBLAQIUAxQAAAAAAAAAIShQFHvDjwEAAI8BAAAF
        AAAAAAAAAAAAAACAAT8BAABjLm9wZlBLAQIUAxQAAAAAAAAAIShoJeHNbQAAAG0AAAAHAAAAAAAAAAAAAACAAfECAABhLnhodG1s
        UEsFBgAAAAAEAAQA4gAAAIMDAAAAAA==
        """,
    ]
}
