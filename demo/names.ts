/** Names that are given together, and how common they are among the others. */
export interface Origin {
  readonly weight: number;
  readonly families: readonly string[];
  readonly women: readonly string[];
  readonly men: readonly string[];
}

const names = (text: string): readonly string[] => text.split(' ');
const origin = (weight: number, families: string, women: string, men: string): Origin => ({
  ...{ weight, families: names(families), women: names(women), men: names(men) },
});

/** Long and rare enough to be looked for in a dump of every store: what is found there is no accident. */
export const rareNames = origin(
  1,
  'Ackroyd Armitage Barraclough Bhatti Bottomley Broadbent Chaudhry Crowther Dewhirst Eastwood Farrar Firth Gaunt Greenwood Haigh Hussain Illingworth Jagger Kaczmarek Lister Mahmood Murgatroyd Naylor Oldroyd Pickles Ramsden Rushworth Sutcliffe Tempest Uttley Verity Wadsworth Yeadon Zielinska',
  'Agnes Beryl Chipo Doreen Edith Farah Grace Hana Irene Joyce Kamila Lorna Maureen Nasreen Olive Phyllis',
  'Albert Bilal Clifford Derek Emeka Frank Gerald Harold Imran Jozef Kenneth Leonard Maurice Nigel Owen Percy',
);

/** Some of the origins of those whom hospitals in England look after; weights are a guess at a northern city. */
export const manyOrigins: readonly Origin[] = [
  origin(
    52,
    "Smith Jones Taylor Brown Wilson Walker Wright Hall Green Clarke Jackson Harrison Ward Turner Holmes Shaw Hughes O'Brien Fitzgerald-Hunt MacLeod",
    'Margaret Susan Patricia Linda Emma Chloe Olivia Dorothy Jean Sarah Rebecca Amelia Evie Mary-Anne Zoë Siân',
    'John David Peter Michael Thomas Jack Oliver George Stanley Kevin Andrew Harry Alfie Liam Seán Euan',
  ),
  origin(
    14,
    'Khan Ahmed Hussain Iqbal Malik Begum Akhtar Rahman Chowdhury Mirza Shah Butt',
    'Fatima Aisha Zainab Nasreen Shazia Maryam Rukhsana Samina Halima Amina',
    'Mohammed Ali Imran Yusuf Tariq Bilal Hamza Usman Abdul Ibrahim',
  ),
  origin(
    9,
    'Patel Singh Kaur Sharma Gupta Nair Reddy Mehta Desai Iyer Fernando Perera',
    'Priya Anjali Harpreet Lakshmi Meera Sunita Deepa Kavita Nisha Gurpreet',
    'Raj Amit Harjit Arjun Vikram Suresh Ravi Sanjay Manjit Krishnan',
  ),
  origin(
    7,
    'Kowalski Nowak Wiśniewska Zieliński Kamińska Popescu Ionescu Novák Horváth Kazlauskas Bērziņš',
    'Agnieszka Katarzyna Małgorzata Zofia Ioana Elena Zuzana Katalin Rūta Ilze',
    'Piotr Krzysztof Łukasz Wojciech Andrei Mihai Tomáš László Jonas Jānis',
  ),
  origin(
    8,
    'Okafor Adeyemi Mensah Owusu Nkemelu Abebe Mwangi Moyo Osei Balogun Tesfaye Campbell Bailey Grant',
    'Chidinma Adaeze Akosua Abena Wanjiru Rutendo Selam Marcia Delroya Precious',
    'Emeka Oluwaseun Kwame Kofi Kamau Tendai Dawit Winston Delroy Chukwudi',
  ),
  origin(
    4,
    'Chen Wong Li Zhang Nguyen Trần Kim Tanaka Santos dela-Cruz',
    'Mei Xiu-Ying Lan Hương Ji-woo Yuki Maria-Luz Ling Hua Thuỳ',
    'Wei Jun Minh Đức Min-jun Kenji José-Miguel Ming Hao Tuấn',
  ),
  origin(
    4,
    'Al-Hassan Haddad Nasser Rahimi Karimi Yılmaz Demir Öztürk Barzani Aziz',
    'Layla Noor Zahra Shirin Elif Ayşe Rojin Mariam Yasmin Parisa',
    'Omar Khalid Reza Mehmet Ömer Rawand Samir Hassan Navid Karim',
  ),
  origin(
    2,
    'García Rossi Silva Müller Dubois Papadopoulos Jørgensen van-den-Berg Åkesson Núñez',
    'Lucía Giulia Inês Anneliese Amélie Eleni Søs Femke Åsa Concepción',
    'José Marco João Günther François Giorgos Bjørn Daan Göran Iñaki',
  ),
];
