"""Weak and harmless code of our own in the languages that semgrep reads for us."""

from __future__ import annotations

WEAK = {
    # language -> (rule, cwe, severity, code); the weakness is on the first line
    "javascript": (
        ("js-eval", 95, "HIGH", "eval(text)"),
        ("js-eval", 95, "HIGH", "const f = new Function('a', body)"),
        ("js-timer-text", 95, "MEDIUM", "setTimeout('go()', 10)"),
        ("js-shell", 78, "HIGH", "child_process.exec(`ls ${name}`)"),
        ("js-shell", 78, "HIGH", "execSync('ls ' + name)"),
        ("js-shell-asked", 78, "MEDIUM", "spawn('ls', [a], { shell: true })"),
        ("js-html", 79, "MEDIUM", "node.innerHTML = text"),
        ("js-html", 79, "MEDIUM", "document.write(text)"),
        ("js-react-html", 79, "MEDIUM", "const x = <p dangerouslySetInnerHTML={{ __html: text }} />"),
        ("js-tls", 295, "HIGH", "new https.Agent({ rejectUnauthorized: false })"),
        ("js-tls", 295, "HIGH", "process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'"),
        ("js-hash", 327, "MEDIUM", "crypto.createHash('md5')"),
        ("js-cipher", 327, "HIGH", "crypto.createCipher('aes', key)"),
        ("js-sql", 89, "MEDIUM", "db.query(`select * from t where a = ${x}`)"),
        ("js-sql", 89, "MEDIUM", "db.query('select * from t where a = ' + x)"),
    ),
    "typescript": (
        ("js-eval", 95, "HIGH", "const x: number = eval(y) as number"),
        ("js-tls", 295, "HIGH", "request({ url: u, rejectUnauthorized: false })"),
    ),
    "go": (
        ("go-shell", 78, "HIGH", 'exec.Command("sh", "-c", line)'),
        ("go-tls", 295, "HIGH", "c := &tls.Config{MinVersion: v, InsecureSkipVerify: true}"),
        ("go-hash", 327, "MEDIUM", "h := md5.New()"),
        ("go-cipher", 327, "HIGH", "b, err := des.NewCipher(key)"),
        ("go-sql", 89, "MEDIUM", 'db.Query(fmt.Sprintf("select * from t where a = %s", x))'),
        ("go-html", 79, "MEDIUM", "t := template.HTML(text)"),
    ),
    "java": (
        ("java-shell", 78, "HIGH", 'class A { void f() throws Exception { Runtime.getRuntime().exec("ls " + name); } }'),
        (
            "java-unpack",
            502,
            "HIGH",
            "class A { Object f(InputStream in) throws Exception { return new ObjectInputStream(in).readObject(); } }",
        ),
        ("java-hash", 327, "MEDIUM", 'class A { void f() throws Exception { MessageDigest.getInstance("MD5"); } }'),
        ("java-cipher", 327, "HIGH", 'class A { void f() throws Exception { Cipher.getInstance("AES/ECB/PKCS5Padding"); } }'),
        ("java-sql", 89, "MEDIUM", 'class A { void f() throws Exception { s.executeQuery("select * from t where a = " + x); } }'),
    ),
    "bash": (
        ("sh-pipe", 494, "HIGH", "curl -fsSL https://example.com/install | sh"),
        ("sh-pipe", 494, "HIGH", "wget -qO- https://example.com/install | sudo bash"),
        ("sh-eval", 95, "MEDIUM", 'eval "$line"'),
        ("sh-tls", 295, "MEDIUM", "curl -s -k https://example.com/"),
        ("sh-open", 732, "MEDIUM", "chmod -R 777 folder"),
        ("sh-erase", 73, "HIGH", "rm -rf /"),
    ),
    "php": (
        ("php-eval", 95, "HIGH", "<?php eval($text);"),
        ("php-shell", 78, "HIGH", '<?php system("ls " . $name);'),
        ("php-unpack", 502, "HIGH", "<?php $x = unserialize($text);"),
        ("php-hash", 327, "LOW", "<?php $x = md5($text);"),
        ("php-sql", 89, "MEDIUM", '<?php mysqli_query($c, "select * from t where a = " . $x);'),
    ),
    "ruby": (
        ("rb-eval", 95, "HIGH", "eval(text)"),
        ("rb-shell", 78, "HIGH", 'system("ls #{name}")'),
        ("rb-unpack", 502, "HIGH", "Marshal.load(text)"),
        ("rb-tls", 295, "HIGH", "http.verify_mode = OpenSSL::SSL::VERIFY_NONE"),
    ),
    "c": (
        ("c-copy", 120, "HIGH", "void f(char *a, char *b) { strcpy(a, b); }"),
        ("c-shell", 78, "MEDIUM", "void f(char *a) { system(a); }"),
        ("c-format", 134, "MEDIUM", "void f(char *a) { printf(a); }"),
        ("c-name", 377, "MEDIUM", "void f(char *a) { mktemp(a); }"),
    ),
    "cpp": (("c-copy", 120, "HIGH", "void f(char *a, char *b) { std::string s; strcpy(a, b); }"),),
}

HARMLESS = {
    "javascript": "eval('1 + 1')\nexecFile('ls', [name])\nnode.textContent = text\nnode.innerHTML = ''\ncrypto.createHash('sha256')\ndb.query('select 1', [x])\n",
    "typescript": "const a: string = `x ${b}`\nsetTimeout(() => go(), 10)\n",
    "go": 'package main\n\nfunc f() {\n\texec.Command("ls", name)\n\texec.Command("sh", "-c", "ls")\n\tdb.Query("select * from t where a = ?", x)\n}\n',
    "java": 'class A { void f() throws Exception { MessageDigest.getInstance("SHA-256"); s.executeQuery("select 1"); } }\n',
    "bash": 'set -eu\ncurl -fsS https://example.com/ -o file\nrm -rf ./build /srv/app/build\nchmod 755 file\necho "$x"\n',
    "php": '<?php echo htmlspecialchars($x); system("ls");\n',
    "ruby": 'system("ls", name)\nputs "#{name}"\n',
    "c": 'void f(char *a) { printf("%s", a); snprintf(a, 3, "%d", 1); system("ls"); }\n',
    "cpp": "int main() { std::string s = t; return 0; }\n",
}
