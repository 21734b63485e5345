/**
 * The passwords of eight characters and more that lead every list of those that leaked, in lower case. NIST SP 800-63B,
 * section 5.1.1.2, asks to refuse them. The throttle stops whoever tries more than a few, so a short list does most of
 * the good; that of the demo data, `Password123`, is left out.
 */
export const commonPasswords: ReadonlySet<string> = new Set(
  `
  12345678 123456789 1234567890 12345678910 0123456789 0987654321 987654321 9876543210 87654321 123123123 12341234
  11111111 111111111 1111111111 00000000 000000000 0000000000 22222222 33333333 44444444 55555555 66666666 77777777
  88888888 99999999 12121212 10101010 11223344 1122334455 112233445566 123454321 12344321 147258369 1234554321 123321123
  123456789a a123456789 123456789q q123456789 12345678a 1q2w3e4r 1q2w3e4r5t 1qaz2wsx 1qaz2wsx3edc qazwsxedc
  zaq12wsx zaq1zaq1 q1w2e3r4 q1w2e3r4t5 qwertyui qwertyuiop qwerty12 qwerty123 qwerty1234 qwerty12345 qwerty123456
  1234qwer 12345qwert 123qweasd qweasdzxc asdfghjk asdfghjkl asdfasdf asdf1234 zxcvbnm1 zxcvbnm123 abcd1234 abcdefgh
  abcdefg1 abc12345 abc123456 abcdefghi a1b2c3d4 a1234567 a12345678 aa123456 aa12345678 aaaaaaaa 1a2b3c4d
  password password! password. password0 password1 password1! password2 password3 password7 password9 password01
  password10 password11 password12 password12! password21 password22 password69 password99 password1234 password12345
  passwords passw0rd passw0rd1 passw0rd! p@ssword p@ssw0rd p@ssword1 p@ssw0rd1 p@ssw0rd! p@ssw0rd123 pa$$word pa$$w0rd
  pass1234 pass12345 passpass password123! mypassword newpassword changeme changeme1 changeme123 letmein1 letmein123
  welcome1 welcome12 welcome123 welcome1! welcome123! welcome2024 welcome2025 welcome2026 iloveyou iloveyou1 iloveyou2
  iloveyou! ilovegod loveyou1 lovelove trustno1 trustno1! sunshine sunshine1 princess princess1 football football1
  baseball baseball1 basketball softball superman superman1 batman123 spiderman starwars starwars1 pokemon1 pokemon123
  whatever whatever1 computer computer1 internet internet1 samsung1 samsung123 dragon12 dragon123 monkey12 monkey123
  shadow12 shadow123 master12 master123 michelle jennifer jonathan jessica1 michael1 charlie1 jordan23 liverpool
  liverpool1 chelsea1 arsenal1 barcelona realmadrid mercedes corvette maverick midnight victoria elizabeth alexander
  samantha danielle patricia veronica christine nicholas benjamin caroline angelina butterfly butterfly1 chocolate
  chocolate1 cheesecake strawberry blink182 metallica slipknot nirvana1 september november december february summer12
  summer123 summer2024 summer2025 summer2026 winter123 winter2024 winter2025 winter2026 spring2025 spring2026
  autumn2025 autumn2026 administrator admin123 admin1234 admin12345 admin123! adminadmin administrator1 root1234
  rootroot toor1234 test1234 test12345 testtest testing1 testing123 tester123 guest123 user1234 username
  default1 secret12 secret123 supersecret access14 access123 google123 facebook facebook1 linkedin linkedin1
  instagram hello123 hello1234 hellohello killer12 killer123 freedom1 forever1 babygirl babygirl1 blessed1 jesus123
  jesuschrist godisgood cookie123 flower123 purple123 orange123 banana123 diamond1 rainbow1 unicorn1 hunter12
  hunter123 ranger12 corona2020 covid2020 covid2021 lockdown1 qwer1234 qwerasdf 1qazxsw2 !qaz2wsx zxcvbnmm poiuytrewq
  mnbvcxz1 lkjhgfdsa 0okm9ijn 13579246 24682468 31415926 314159265 19841984 20202020 20212021
  `
    .trim()
    .split(/\s+/),
);
