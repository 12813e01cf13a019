// The cities of the campaign in pinyin.
export const DIVISIONS = {
  "000000": "All China", "110000": "Beijing", "120000": "Tianjin", "130000": "Hebei", "130100": "Shijiazhuang", "130200": "Tangshan",
  "130300": "Qinhuangdao", "130400": "Handan", "130500": "Xingtai", "130600": "Baoding", "130700": "Zhangjiakou", "130800": "Chengde",
  "130900": "Cangzhou", "131000": "Langfang", "131100": "Hengshui", "140000": "Shanxi", "140100": "Taiyuan", "140200": "Datong", "140300": "Yangquan",
  "140400": "Changzhi", "140500": "Jincheng", "140600": "Shuozhou", "140700": "Jinzhong", "140800": "Yuncheng", "140900": "Xinzhou",
  "141000": "Linfen", "141100": "Lüliang", "370000": "Shandong", "370100": "Jinan", "370300": "Zibo", "370800": "Jining", "371400": "Dezhou",
  "371500": "Liaocheng", "371600": "Binzhou", "371700": "Heze", "410000": "Henan", "410100": "Zhengzhou", "410200": "Kaifeng", "410300": "Luoyang",
  "410500": "Anyang", "410600": "Hebi", "410700": "Xinxiang", "410800": "Jiaozuo", "410900": "Puyang", "411200": "Sanmenxia", "610000": "Shaanxi",
  "610100": "Xi'an", "610200": "Tongchuan", "610300": "Baoji", "610400": "Xianyang", "610500": "Weinan",
};
