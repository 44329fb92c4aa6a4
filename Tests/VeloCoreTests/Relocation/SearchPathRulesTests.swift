import Testing
import VeloCore

@Suite("Search path rules")
struct SearchPathRulesTests {
    @Test(
        "keeps what is in the prefix or beside the file, and ends with the prefix's lib",
        arguments: [
            ("@P@/lib", "/n/lib"),
            ("@P@/opt/y/lib:/usr/lib:$ORIGIN/../lib", "/n/opt/y/lib:$ORIGIN/../lib:/n/lib"),
            ("/usr/lib", "/n/lib"),
            ("", "/n/lib"),
            ("${ORIGIN}/x", "/n/lib"),
            ("@P@/lib:@P@/opt/y/lib", "/n/lib:/n/opt/y/lib"),
            ("@P@/opt/gcc/lib/gcc/13", "/n/opt/gcc/lib/gcc/current:/n/lib"),
            ("@P@/opt/gcc/lib/gcc/13x", "/n/opt/gcc/lib/gcc/13x:/n/lib"),
        ])
    func decides(old: String, expected: String) {
        #expect(SearchPathRules.searchPath(old, from: "@P@", to: "/n", isCompiler: false) == expected)
    }

    @Test("the compiler keeps its own version's folder")
    func keepsCompilersFolder() {
        #expect(
            SearchPathRules.searchPath("@P@/lib/gcc/13", from: "@P@", to: "/n", isCompiler: true)
                == "/n/lib/gcc/13:/n/lib")
        #expect(SearchPathRules.isCompiler("gcc@12") && !SearchPathRules.isCompiler("gccgo"))
    }

    @Test("the prefix's loader is used where there is one")
    func choosesInterpreter() {
        let old = "@P@/lib/ld.so"
        #expect(SearchPathRules.interpreter(old, from: "@P@", to: "/n", loader: nil) == "/n/lib/ld.so")
        #expect(SearchPathRules.interpreter("/lib/ld.so", from: "@P@", to: "/n", loader: nil) == "/lib/ld.so")
        #expect(
            SearchPathRules.interpreter("/lib/ld.so", from: "@P@", to: "/n", loader: "/n/lib/ld.so") == "/n/lib/ld.so")
    }
}
