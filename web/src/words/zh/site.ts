// Where an inspection was and what it answers, doubts about evidence, clocks and their ladder.
/** Where an inspection was begun, against where the registry places it. */
export const PLACES = {
  inside: "在登记位置范围内",
  outside: "在登记位置范围外",
  "no-site": "登记库没有坐标，无法判断检查地点",
  "no-position": "没有提供检查时的定位",
  mobile: "移动源，不按登记位置判断",
};

export const PLACE_FLAGS = {
  "outside-fence": "检查地点在登记位置范围以外",
  "registry-no-site": "登记库没有坐标，无法判断检查地点",
  "no-position": "没有提供检查时的定位",
  "position-coarse": "定位误差大于允许范围",
};

/** Answers to an item of a check list. */
export const FOUND = { problem: "发现问题", none: "未发现问题", "not-applicable": "不适用" };

export const DOUBTS = {
  "no-place": "照片和手机都没有位置",
  "outside-fence": "拍摄位置在厂界范围以外",
  "places-differ": "照片位置与手机位置不符",
  "registry-no-site": "登记库没有坐标，无法判断拍摄地点",
  "no-time": "照片没有拍摄时间",
  "taken-ahead": "拍摄时间晚于收到时间",
  "taken-long-ago": "拍摄时间过早",
  "times-differ": "照片时间与手机时间不符",
  "seen-before": "与其他问题的照片雷同",
  "same-photo": "与本问题另一张照片雷同",
};

export const CLOCKS = {
  assign: "交办",
  receipt: "签收",
  plan: "整改方案",
  "plan-review": "方案审核",
  rectify: "整改",
  verify: "核查",
  "verify-province": "省级核查",
  notice: "公示",
  recheck: "抽查复核",
  screen: "筛选",
  inspect: "现场检查",
};

export const LADDER = {
  urge: "催办",
  supervise: "督办",
  "listed-supervision": "挂牌督办",
  "summons-list": "列入约谈名单",
  "not-received": "超时未签收",
};

export const AIR_LEVELS = { yellow: "黄色预警", orange: "橙色预警", red: "红色预警" };

export const OWN_CHANNELS = { email: "邮件", sms: "短信" };

/** Commands of HJ 212-2017. */
export const FRAME_COMMANDS = {
  "2011": "实时数据",
  "2051": "分钟数据",
  "2061": "小时数据",
  "2031": "日数据",
  "2041": "治理设施日运行时间",
  "3019": "设备信息",
  "3020": "设备参数",
  "9014": "应答",
};

export const LETTER_STATES = { open: "待处理", replayed: "已重新注入", fixed: "修正后注入", discarded: "已丢弃" };

export const LETTER_ACTIONS = { replay: "原样重新注入", fix: "修正后注入", discard: "丢弃" };

export const LETTER_EFFECTS = {
  replay: "记录按原样写回它的分区末尾，只有当时放弃它的消费组会再次处理。适用于服务已修复的情况。",
  fix: "修改后的内容写回分区末尾，原内容仍留在死信中，决定里记有两者的散列值。",
  discard: "记录不再处理。它和决定一起留在死信主题里，不会删除。",
};

export const LETTER_REASONS = {
  undecodable: "内容无法解析",
  invalid: "内容不合契约",
  "handler-error": "处理时出错",
  "unknown-contract": "契约未知",
};
